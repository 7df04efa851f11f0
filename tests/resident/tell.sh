#!/bin/sh
# For `option on_change`: leaves what it was told beside itself.
{
	env
	echo --
} >> "$(dirname "$0")/told"
