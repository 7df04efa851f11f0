# dynhost's commands and options, written by `make completions`.
function __dynhost_hosts
    dynhost status 2>/dev/null | sed -n 's/^\\([^ ]\\{1,\\}\\)  .*/\\1/p'
end

complete -c dynhost -f
complete -c dynhost -l config -r -F -d 'the configuration'
complete -c dynhost -l state-dir -x -a '(__fish_complete_directories)' -d 'where the state file is'
complete -c dynhost -l log-level -x -a 'error warn info debug' -d 'least severity that is logged'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -l version -d 'print the version'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -l help -d 'print the help'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a update -d 'one pass: read addresses, send what is due, print a line for each record'
complete -c dynhost -n '__fish_seen_subcommand_from update' -l interface -x -d 'leave out hosts on another logical interface (hotplug\'s INTERFACE)'
complete -c dynhost -n '__fish_seen_subcommand_from update' -l force -d 'also send an address that is already published; holds are respected'
complete -c dynhost -n '__fish_seen_subcommand_from update' -l dry-run -d 'print what would be sent; send and write nothing'
complete -c dynhost -n '__fish_seen_subcommand_from update' -a '(__dynhost_hosts)'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a run -d 'keep running: react to addresses, to the clock and to signals; retry'
complete -c dynhost -n '__fish_seen_subcommand_from run' -l until-settled -d 'end once nothing is left to do'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a status -d 'what is published, what happened last, what comes next'
complete -c dynhost -n '__fish_seen_subcommand_from status' -l json -d 'the records as in the state file'
complete -c dynhost -n '__fish_seen_subcommand_from status' -l prometheus -d 'metrics in the text exposition format'
complete -c dynhost -n '__fish_seen_subcommand_from status' -a '(__dynhost_hosts)'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a check -d 'read the configuration and report every fault with its line'
complete -c dynhost -n '__fish_seen_subcommand_from check' -l syntax -d 'only those that leave nothing of the file to be used'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a resume -d 'release a hold'
complete -c dynhost -n '__fish_seen_subcommand_from resume' -a '(__dynhost_hosts)'
complete -c dynhost -n 'not __fish_seen_subcommand_from update run status check resume ovh' -a ovh -d 'create identifiers and records at OVHcloud: see dynhost ovh --help'
