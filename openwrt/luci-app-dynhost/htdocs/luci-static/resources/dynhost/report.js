'use strict';
'require baseclass';

/*
 * From what doctor and the wizard say to what a page shows, without a page: no DOM, no call. Every
 * string in the result is text, whatever it holds.
 */

function text(value) {
	return (value == null) ? '' : String(value);
}

function verdict(word) {
	switch (word) {
	case 'ok': return { tone: 'good', word: _('Good') };
	case 'note': return { tone: 'warn', word: _('Note') };
	case 'fault': return { tone: 'bad', word: _('Fault') };
	default: return { tone: 'off', word: word };
	}
}

function topic(token) {
	switch (token) {
	case 'configuration': return _('Configuration');
	case 'clock': return _('Clock');
	case 'interface': return _('Interface');
	case 'nat': return _('Router in front');
	case 'route': return _('Way out');
	case 'resolver': return _('Name resolution');
	case 'provider': return _('Provider');
	case 'request': return _('Request');
	case 'dns': return _('In the DNS');
	case 'state': return _('State');
	default: return token;
	}
}

function listOf(answer, name) {
	return (answer && Array.isArray(answer[name])) ? answer[name] : [];
}

function textsOf(answer, name) {
	return listOf(answer, name).map(text);
}

function linesOf(answer) {
	return listOf(answer, 'lines').filter(function(line) {
		return line !== null && typeof(line) == 'object';
	});
}

/* One row for each line, in their order. */
function findings(answer) {
	return linesOf(answer).map(function(line) {
		const said = verdict(text(line.verdict));

		return {
			tone: said.tone,
			word: said.word,
			topic: topic(text(line.topic)),
			host: text(line.host),
			text: text(line.text),
			remedy: text(line.remedy)
		};
	});
}

/* How it ended, and whether there is anything to do: null while it goes on, or never began. */
function conclusion(answer) {
	if (!answer || answer.running || answer.exit == null)
		return null;

	const rows = findings(answer);
	const errors = textsOf(answer, 'errors').join('\n');
	const faults = rows.filter(function(row) { return row.tone == 'bad'; }).length;

	if (answer.exit == 64 && !rows.length)
		return { isTrouble: true, text: _('This version of dynhost has no doctor: install the newest package.') + '\n' + errors };

	if (answer.exit == 137)
		return { isTrouble: true, text: _('It took too long and was ended.') };

	if (!rows.length)
		return { isTrouble: true, text: errors || _('dynhost gave no answer') };

	if (!faults && answer.exit !== 0)
		return { isTrouble: true, text: errors || _('It ended with exit code %d.').format(answer.exit) };

	return {
		isTrouble: faults > 0,
		text: faults ? _('Faults found: %d').format(faults) : _('Nothing is wrong.')
	};
}

/* No line holds a secret; a URL of a configuration might, in front of its host. */
function without(line) {
	const userinfo = new RegExp('//[^/@\\s]*@', 'g');
	const pairs = new RegExp('(pass(?:word)?|secret|token|key)=[^&\\s]*', 'gi');

	return line.replace(userinfo, '//***@').replace(pairs, '$1=***');
}

/* The report as text, in the program's own words: for whoever helps, in whatever language. */
function report(answer) {
	const lines = linesOf(answer).map(function(line) {
		const about = [ text(line.verdict), text(line.topic) ].concat(line.host ? [ text(line.host) ] : []);

		return about.join(' ') + ': ' + text(line.text) + (line.remedy ? '\n\t-> ' + text(line.remedy) : '');
	});
	const errors = textsOf(answer, 'errors');
	const end = (answer && answer.exit != null) ? [ 'exit ' + text(answer.exit) ] : [];

	return without([ 'dynhost doctor' ].concat(lines, errors, end).join('\n')) + '\n';
}

function isLink(line) {
	if (line.indexOf('https://') != 0 || line.length > 2048)
		return false;

	try {
		return new URL(line).href == line;
	} catch (error) {
		return false;
	}
}

/* The link that authorize prints; nothing else may become one. */
function link(answer) {
	return textsOf(answer, 'lines').find(isLink) || null;
}

/* The first word of each line, once. */
function choices(answer) {
	const words = textsOf(answer, 'lines').map(function(line) { return line.split('\t')[0]; });

	return words.filter(function(word, index) { return word != '' && words.indexOf(word) == index; });
}

/* What is known of the access to the account. */
function access(credentials) {
	switch (credentials.kind) {
	case 'keys': return _('Keys are on the router, and their rights were granted.');
	case 'service': return _('A service account is on the router.');
	case 'unauthorized': return _('Keys are on the router; their rights are not granted yet.');
	case 'faulty': return text(credentials.text);
	default: return _('There are no keys on the router yet.');
	}
}

/* What the wizard's last task came to, or null while it goes on. */
function ended(answer) {
	if (!answer || answer.running || answer.exit == null)
		return null;

	const errors = textsOf(answer, 'errors').join('\n');

	if (answer.exit == 0)
		return { isTrouble: false, text: (answer.task == 'setup') ? _('The name is set up and current.') : '' };

	if (answer.exit == 137)
		return { isTrouble: true, text: _('It took too long and was ended.') };

	return { isTrouble: true, text: errors || _('It ended with exit code %d.').format(answer.exit) };
}

return baseclass.extend({
	findings: findings,
	conclusion: conclusion,
	report: report,
	link: link,
	choices: choices,
	access: access,
	ended: ended
});
