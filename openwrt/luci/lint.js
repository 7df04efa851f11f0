#!/usr/bin/env node
/*
 * In LuCI a string as a node's content is HTML, and false as an attribute's value sets it. So here
 * content is always an array, titles are arrays, and nothing else may make HTML.
 *
 *     lint.js FILE...
 */
'use strict';

const fs = require('fs');

/* Which arguments of these calls have to be what. */
const CALLS = {
	'E': { from: 1, to: 3, rules: { 0: 'name', 1: 'attributes', 2: 'array' } },
	'dom.content': { from: 2, to: 2, rules: { 1: 'array' } },
	'dom.append': { from: 2, to: 2, rules: { 1: 'array' } },
	'ui.showModal': { from: 2, to: 3, rules: { 0: 'array', 1: 'array', 2: 'class' } },
	'ui.addNotification': { from: 2, to: 3, rules: { 0: 'nothing', 1: 'array' } }
};

const FORBIDDEN = [
	'innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'createContextualFragment',
	'rawhtml', 'DOMParser', 'srcdoc', 'eval(', 'new Function', 'setTimeout(\'', 'cbi_update_table',
	'javascript:', 'L.error', 'uci.', 'fs.', 'sessionid', 'localStorage'
];

const RULES = {
	'name': (text) => /^'[a-z][a-z0-9]*'$/.test(text),
	'class': (text) => /^'[a-z][a-z-]*'$/.test(text),
	'attributes': (text) => /^(\{|Object\.assign\(\{)/.test(text) && !/:\s*false\b/.test(text),
	'array': (text) => text.startsWith('['),
	'nothing': (text) => text === 'null'
};

/* The source with the insides of strings and comments blanked, of the same length. */
function blanked(source, where, faults) {
	let out = '', quote = null;

	for (let i = 0; i < source.length; i++) {
		const c = source[i], two = source.substr(i, 2);

		if (quote) {
			if (c === '\\') {
				out += '  ';
				i++;
			} else {
				out += (c === quote) ? c : (c === '\n' ? '\n' : ' ');
				quote = (c === quote) ? null : quote;
			}
		} else if (two === '/*' || two === '//') {
			const end = source.indexOf(two === '/*' ? '*/' : '\n', i + 2);
			const stop = (end < 0) ? source.length : end + (two === '/*' ? 2 : 0);

			out += source.slice(i, stop).replace(/[^\n]/g, ' ');
			i = stop - 1;
		} else {
			if (c === '`')
				faults.push(where(i) + 'a template, which hides what is put together: use format');
			if (c === '/' && /[(,=:[!&|?{};]\s*$/.test(out))
				faults.push(where(i) + 'a regular expression, over which LuCI\'s minifier stumbles');
			quote = (c === '\'' || c === '"') ? c : null;
			out += c;
		}
	}

	return out;
}

/* The arguments of the call whose bracket opens at `open`, as [start, end] pairs. */
function argumentsOf(code, open) {
	const found = [];
	let depth = 0, start = open + 1;

	for (let i = open; i < code.length; i++) {
		if ('([{'.includes(code[i])) {
			depth++;
		} else if (')]}'.includes(code[i])) {
			depth--;
			if (depth === 0) {
				if (code.slice(start, i).trim() !== '')
					found.push([ start, i ]);
				return found;
			}
		} else if (code[i] === ',' && depth === 1) {
			found.push([ start, i ]);
			start = i + 1;
		}
	}

	return found;
}

function lint(source, name) {
	const faults = [];
	const where = (at) => name + ':' + source.slice(0, at).split('\n').length + ': ';
	const code = blanked(source, where, faults);

	for (const word of FORBIDDEN)
		for (let at = code.indexOf(word); at >= 0; at = code.indexOf(word, at + 1))
			if (!/[A-Za-z0-9_$]/.test(code[at - 1] || ' '))
				faults.push(where(at) + word + ' has no place in this page');

	for (const call in CALLS) {
		const { from, to, rules } = CALLS[call];

		for (let at = code.indexOf(call + '('); at >= 0; at = code.indexOf(call + '(', at + 1)) {
			if (/[A-Za-z0-9_$.]/.test(code[at - 1] || ' '))
				continue;

			const given = argumentsOf(code, at + call.length).map(([ a, b ]) => source.slice(a, b).trim());

			if (given.length < from || given.length > to)
				faults.push(where(at) + call + ' with ' + given.length + ' arguments');

			given.forEach((text, index) => {
				if (rules[index] && !RULES[rules[index]](text))
					faults.push(where(at) + call + ': argument ' + (index + 1) + ' is no ' + rules[index] + ': ' + text.split('\n')[0]);
			});
		}
	}

	return faults;
}

module.exports = { lint };

if (require.main === module) {
	const files = process.argv.slice(2);
	const faults = files.flatMap((file) => lint(fs.readFileSync(file, 'utf8'), file));

	faults.forEach((fault) => console.error(fault));
	console.log(files.length + ' files, ' + faults.length + ' faults');
	process.exit(faults.length || !files.length ? 1 : 0);
}
