# dynhost's commands and options, written by `make completions`.
_dynhost() {
	local cur=${COMP_WORDS[COMP_CWORD]} verb='' words='' kind=-W i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config | --state-dir | --log-level | --interface) ((i++)) ;;
		update | run | status | check | doctor | resume | ovh)
			verb=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--config) kind=-f ;;
	--state-dir) kind=-d ;;
	--log-level) words='error warn info debug' ;;
	--interface) kind='' ;;
	*)
		case $verb in
		update) words='--interface --force --dry-run --config --state-dir --log-level'" $(dynhost status 2> /dev/null | sed -n 's/^\([^ ]\{1,\}\)  .*/\1/p')" ;;
		run) words='--until-settled --config --state-dir --log-level' ;;
		status) words='--json --prometheus --config --state-dir --log-level'" $(dynhost status 2> /dev/null | sed -n 's/^\([^ ]\{1,\}\)  .*/\1/p')" ;;
		check) words='--syntax --config --state-dir --log-level' ;;
		doctor) words='--json --config --state-dir --log-level'" $(dynhost status 2> /dev/null | sed -n 's/^\([^ ]\{1,\}\)  .*/\1/p')" ;;
		resume) words='--config --state-dir --log-level'" $(dynhost status 2> /dev/null | sed -n 's/^\([^ ]\{1,\}\)  .*/\1/p')" ;;
		ovh) words='--config --state-dir --log-level' ;;
		*) words='update run status check doctor resume ovh --config --state-dir --log-level --version --help' ;;
		esac
		;;
	esac
	case $kind in
	-W) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
	-*) mapfile -t COMPREPLY < <(compgen "$kind" -- "$cur") ;;
	*) COMPREPLY=() ;;
	esac
}
complete -o filenames -F _dynhost dynhost
