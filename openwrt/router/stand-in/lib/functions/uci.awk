# What `uci -n export PACKAGE` prints of a file: -v package=NAME, and -v strict=1 for what it does
# without -S. Follows libuci's file.c (66127cd): quotes over several lines, escapes, comments in the
# middle of a word, commands behind `;`. Without strict, a command that is no command is passed
# over with the rest of its line, and what follows belongs to the section before it.
# Left out: package commands, NUL bytes, what `uci set` left in /tmp/.uci.

function at(offset) { return substr(buffer, position + offset, 1) }

function is_blank(c) { return c != "" && index(" \t\n\v\f\r", c) }

function skip_blanks() { while (is_blank(at(0))) position++ }

# The next line of the file behind what is read; false at the end of it.
function next_line() {
	if (line >= lines) return 0
	buffer = buffer text[++line] "\n"
	return 1
}

# True if the character behind the backslash counts; a line break there does not.
function backslash() {
	position++
	if (at(0) == "" || at(0) == "\n" || (at(0) == "\r" && at(1) == "\n" && at(2) == "")) {
		buffer = substr(buffer, 1, position - 1)
		next_line()
		return 0
	}
	return 1
}

function quoted(quote,    word) {
	for (position++; at(0) != quote; position++) {
		while (at(0) == "") if (!next_line()) return fail()
		if (at(0) == quote) break
		if (quote == "\"" && at(0) == "\\" && !backslash()) { position--; continue }
		word = word at(0)
	}
	position++
	return word
}

# One word, as it is meant; "" if there is none.
function word(    value, c) {
	skip_blanks()
	if (at(0) == ";") { position++; return "" }
	do {
		c = at(0)
		if (c == "'" || c == "\"") { value = value quoted(c); if (failed) return "" }
		else if (c == "#") { buffer = substr(buffer, 1, position - 1); return value }
		else if (c == "" || c == ";") return value
		else if (c != "\\" || backslash()) { value = value at(0); position++ }
	} while (at(0) != "" && !is_blank(at(0)))
	position++
	return value
}

function fail() {
	failed = 1
	return ""
}

function name_of(needed,    value) {
	value = word()
	if (value == "" ? needed : value !~ /^[A-Za-z0-9_]+$/) fail()
	return value
}

function end_of_command(    extra) {
	extra = word()
	if (extra != "" && strict) fail()
	return !failed
}

function config(    kind, name) {
	kind = word()
	if (kind == "") fail()
	name = name_of(0)
	if (!end_of_command()) return
	if (name == "") name = sprintf("cfg%02d", ++anonymous)
	if (!(name in type)) sections[++count] = name
	else if (strict && type[name] != kind) return fail()
	type[name] = kind
	section = name
}

function option(is_list,    name, value, key, number) {
	if (section == "") return fail()
	name = name_of(1)
	value = word()
	if (!end_of_command()) return
	key = section SUBSEP name
	if (!(key in size) && (value != "" || is_list)) {
		number = ++options[section]
		option_name[section, number] = name
		size[key] = 0
	}
	if (!is_list) size[key] = 0
	if (!is_list && value == "") return
	if (!is_list) listed[key] = 0
	else listed[key] = 1
	values[key, ++size[key]] = value
}

function commands(    end, command) {
	for (;;) {
		# As strtok does: words end at a blank or a tab.
		while (at(0) == " " || at(0) == "\t" || (first && is_blank(at(0)))) position++
		first = 0
		if (at(0) == "" || at(0) == "#") return
		for (end = 0; at(end) != "" && at(end) != " " && at(end) != "\t"; end++);
		command = substr(buffer, position, end)
		position += end + 1
		if (command == "c" || command == "config") config()
		else if (command == "o" || command == "option") option(0)
		else if (command == "l" || command == "list") option(1)
		else if (command != "\n") fail()
		if (failed) return
	}
}

function escaped(value) {
	gsub(/'/, "'\\''", value)
	return "'" value "'"
}

function print_section(name,    number, key, i) {
	printf "\nconfig %s %s\n", type[name], escaped(name)
	for (number = 1; number <= options[name]; number++) {
		key = name SUBSEP option_name[name, number]
		for (i = 1; i <= size[key]; i++) {
			printf "\t%s %s %s\n", listed[key] ? "list" : "option", option_name[name, number], escaped(values[key, i])
		}
	}
}

{ text[++lines] = $0 }

END {
	while (line < lines) {
		buffer = text[++line] "\n"
		position = first = 1
		failed = 0
		commands()
		if (failed && strict) exit 1
	}
	print "package " package
	for (number = 1; number <= count; number++) print_section(sections[number])
}
