# What shipped scripts need of OpenWrt's functions.sh.

list_contains() {
	eval "case \" \$$1 \" in *\" $2 \"*) return 0 ;; esac"
	return 1
}
