#!/bin/sh
# For `option on_change`: never comes to an end by itself.
sleep 600
