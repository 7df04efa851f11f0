# UCI text to shell assignments: CONFIG_SECTIONS, CONFIG_<section>_TYPE, CONFIG_<section>_<option>.

function word(    end, found) {
	sub(/^[ \t]+/, "", rest)
	if (rest == "" || rest ~ /^#/) return 0
	if (rest ~ /^['"]/) {
		end = index(substr(rest, 2), substr(rest, 1, 1))
		if (end == 0) fail()
		words[++count] = substr(rest, 2, end - 1)
		rest = substr(rest, end + 2)
	} else {
		match(rest, /^[^ \t#'"]+/)
		words[++count] = substr(rest, 1, RLENGTH)
		rest = substr(rest, RLENGTH + 1)
	}
	if (rest !~ /^([ \t#]|$)/) fail()
	return 1
}

function fail() {
	failed = 1
	exit 1
}

function quoted(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

{
	rest = $0
	count = 0
	while (word()) if (count > 3) fail()
	if (count == 0) next
	if (words[1] == "config" && count >= 2) {
		section = count == 3 ? words[3] : sprintf("cfg%02d", ++anonymous)
		if (section !~ /^[A-Za-z0-9_]+$/) fail()
		print "CONFIG_SECTIONS=\"$CONFIG_SECTIONS " section "\""
		print "CONFIG_" section "_TYPE=" quoted(words[2])
	} else if ((words[1] == "option" || words[1] == "list") && count == 3 && section != "") {
		if (words[2] !~ /^[A-Za-z0-9_]+$/) fail()
		name = "CONFIG_" section "_" words[2]
		if (words[1] == "list") print name "=\"${" name ":+$" name " }\"" quoted(words[3])
		else print name "=" quoted(words[3])
	} else {
		fail()
	}
}

END { exit failed }
