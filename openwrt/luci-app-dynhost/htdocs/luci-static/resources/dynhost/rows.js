'use strict';
'require baseclass';

/*
 * From the program's answers to what a page shows, without a page: no DOM, no clock, no call.
 * Every string in the result is text, whatever it holds.
 */

/* The gravest first. */
const STATES = [ 'faulty', 'held', 'backoff', 'no-address', 'pending', 'current', 'disabled' ];

const TONES = {
	'faulty': 'bad',
	'held': 'bad',
	'backoff': 'warn',
	'no-address': 'warn',
	'pending': 'busy',
	'current': 'good',
	'disabled': 'off'
};

function word(state) {
	switch (state) {
	case 'faulty': return _('Fault in the configuration');
	case 'held': return _('Rejected');
	case 'backoff': return _('Failed, will be retried');
	case 'no-address': return _('No address');
	case 'pending': return _('Update due');
	case 'current': return _('Current');
	default: return _('Off');
	}
}

/* What came of an update, and what to do: [ sentence, remedy ]; null where only the program knows. */
function explained(code) {
	switch (code) {
	case 'badauth': return [
		_('Login or password is wrong, or this login may not update this name.'),
		_('Compare login, password and sub-domain with the DynHost identifier in the customer area.') ];
	case 'nohost': return [
		_('The provider has no DynHost record of this name for this login.'),
		_('Create the DynHost record in the customer area, or correct the name.') ];
	case '!yours': return [
		_('The name belongs to another login.'),
		_('Use the identifier that this name was created for.') ];
	case '!active': return [
		_('The name is not active at the provider.'),
		_('Activate DynHost for this name in the customer area.') ];
	case 'notfqdn': return [
		_('The provider does not take this for a full name.'),
		_('Write the name with its domain, such as home.example.com.') ];
	case 'abuse': return [
		_('The provider has blocked this name for abuse.'),
		_('Ask the provider\'s support to unblock it, then press Resume.') ];
	case 'badagent': return [
		_('The provider has blocked this program or this version.'),
		_('Update dynhost, then press Resume.') ];
	case 'badsys':
	case 'badparam':
	case 'badop':
	case 'numip': return [
		_('The provider does not understand the request.'),
		_('Check the provider\'s URL in the configuration, then press Resume.') ];
	case '911':
	case 'dnserr':
	case 'busy': return [
		_('The provider has trouble and asks for patience.'),
		_('Nothing is to be done; it is tried again by itself.') ];
	case 'resolve':
	case 'dns-refused': return [
		_('The provider\'s name does not resolve, as no DNS server answers.'),
		_('Check the connection and the DNS servers of this router.') ];
	case 'refused':
	case 'unreachable':
	case 'connect-timeout': return [
		_('The provider cannot be reached.'),
		_('Check the connection; it is tried again by itself.') ];
	case 'timeout':
	case 'closed': return [
		_('The provider took the request but did not answer.'),
		_('Nothing is to be done; it is tried again by itself.') ];
	case 'untrusted':
	case 'expired':
	case 'wrong-name':
	case 'tls': return [
		_('The provider\'s certificate is not to be trusted, so nothing was sent.'),
		_('Check the clock of this router and the package ca-bundle.') ];
	case 'clock': return [
		_('The clock of this router is behind, so certificates are not valid yet.'),
		_('It goes on by itself once the clock is set.') ];
	default: return null;
	}
}

function span(seconds) {
	const units = [
		[ 86400, _('d', 'unit of time') ],
		[ 3600, _('h', 'unit of time') ],
		[ 60, _('min', 'unit of time') ],
		[ 1, _('s', 'unit of time') ]
	];
	const whole = Math.max(0, Math.floor(Number(seconds) || 0));
	let first = units.findIndex(function(unit) { return whole >= unit[0]; });

	first = (first < 0) ? 3 : first;

	const said = [ Math.floor(whole / units[first][0]) + ' ' + units[first][1] ];
	const rest = (first < 3) ? Math.floor((whole % units[first][0]) / units[first + 1][0]) : 0;

	if (rest > 0)
		said.push(rest + ' ' + units[first + 1][1]);

	return said.join(' ');
}

/* What ends the waiting; now is the router's clock. */
function next(state, nextAt, now) {
	const left = (nextAt == null) ? null : span(nextAt - now);

	switch (state) {
	case 'current':
		return (left == null) ? _('when the address changes')
			: _('when the address changes, or a refresh in %s').format(left);
	case 'held':
		return (left == null) ? _('after Resume, or when the settings change')
			: _('one try in %s, or after Resume').format(left);
	case 'backoff':
	case 'pending':
		return (left == null) ? _('at the next occasion') : _('in %s').format(left);
	case 'no-address':
		return _('when an address appears');
	case 'faulty':
		return _('when the configuration is corrected');
	default:
		return _('when it is switched on');
	}
}

function text(value) {
	return (value == null) ? '' : String(value);
}

function stateOf(raw, isEnabled, faults) {
	if (!isEnabled)
		return 'disabled';

	if (faults.length)
		return 'faulty';

	/* Switched on since the last look. */
	return (raw.state != 'disabled' && STATES.indexOf(raw.state) >= 0) ? raw.state : 'pending';
}

/* A fault of the configuration as a person looks for it. */
function said(fault) {
	return fault.line ? _('line %d: %s').format(fault.line, text(fault.text)) : text(fault.text);
}

function reasonOf(state, raw, faults) {
	switch (state) {
	case 'current': return '';
	case 'disabled': return _('This name was switched off here or in the configuration.');
	case 'faulty': return faults.map(said).join('; ');
	default: return (raw.state == 'disabled') ? '' : text(raw.reason);
	}
}

/* Whether the servers that hold the zone have the published address; null where nobody has looked. */
function dnsOf(raw) {
	const dns = raw.dns;

	if (dns === null || typeof(dns) != 'object' || typeof(dns.agrees) != 'boolean')
		return null;

	return {
		tone: dns.agrees ? 'good' : 'warn',
		text: dns.agrees ? _('agrees') : _('lacks %s').format(text(dns.address)),
		at: (typeof(dns.at) == 'number') ? dns.at : null
	};
}

function record(raw, isEnabled, faults) {
	const known = stateOf(raw, isEnabled, faults);
	const last = raw.last || null;
	const isFailure = (known == 'held' || known == 'backoff');
	const what = (isFailure && last) ? explained(last.code) : null;

	return {
		family: text(raw.family),
		state: known,
		word: word(known),
		tone: TONES[known],
		address: text(raw.address),
		published: raw.published ? text(raw.published.address) : '',
		since: raw.published ? raw.published.at : null,
		lastCode: last ? text(last.code) : '',
		lastText: last ? text(last.text) : '',
		lastAt: last ? last.at : null,
		reason: what ? what[0] : reasonOf(known, raw, faults),
		remedy: what ? what[1] : '',
		dns: dnsOf(raw),
		nextAt: (raw.next_at == null) ? null : raw.next_at
	};
}

function gravity(row) {
	return row.records.reduce(function(gravest, record) {
		return Math.min(gravest, STATES.indexOf(record.state));
	}, STATES.length);
}

/* One row for each host, those first that need their owner. */
function rows(seen) {
	const { config, status, check } = seen || {};
	const faults = ((check && check.faults) || []).filter(function(fault) { return fault.severity == 'host'; });
	const records = (status && status.state && status.state.records) || [];
	const hosts = ((config && config.hosts) || []).slice();

	records.forEach(function(raw) {
		if (!hosts.some(function(host) { return host.host == raw.host; }))
			hosts.push({ host: raw.host, hostname: raw.hostname, enabled: true, isForeign: true });
	});

	const all = hosts.map(function(host) {
		const own = records.filter(function(raw) { return raw.host == host.host && raw.host != ''; });
		const isEnabled = (host.enabled !== false);
		const wrong = faults.filter(function(fault) { return fault.host == host.host; });

		return {
			host: text(host.host),
			hostname: text(host.hostname || (own[0] && own[0].hostname)) || _('(no valid name)'),
			isEnabled: isEnabled,
			isEditable: !host.isForeign && text(host.host) != '',
			settings: host,
			records: (own.length ? own : wrong.length ? [ {} ] : []).map(function(raw) { return record(raw, isEnabled, wrong); })
		};
	});

	return all.sort(function(one, other) {
		return gravity(one) - gravity(other)
			|| (one.hostname < other.hostname ? -1 : one.hostname > other.hostname ? 1 : 0);
	});
}

/* What makes the whole configuration unusable. */
function fileFaults(seen) {
	const faults = (seen && seen.check && seen.check.faults) || [];

	return faults.filter(function(fault) { return fault.severity == 'file'; }).map(said);
}

/* A name for the section of a new host: of its first label, and of no other host. */
function sectionName(hostname, taken) {
	const label = text(hostname).toLowerCase().split('.')[0];
	const legal = label.split('').map(function(c) {
		return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) ? c : '_';
	}).join('').substring(0, 28) || 'host';
	let name = legal;

	for (let n = 2; taken.indexOf(name) >= 0 && n < 100; n++)
		name = legal + '_' + n;

	return name;
}

/* What the overview shows of a row. */
function summary(row) {
	const gravest = row.records.slice().sort(function(one, other) {
		return STATES.indexOf(one.state) - STATES.indexOf(other.state);
	})[0];

	if (!gravest)
		return { tone: 'off', word: word('disabled'), text: '' };

	return {
		tone: gravest.tone,
		word: gravest.word,
		text: (gravest.state == 'current')
			? row.records.map(function(record) { return record.published; }).join(', ')
			: gravest.reason
	};
}

/* What came of a pass, as update prints it. */
function outcome(answer) {
	if (answer.running)
		return _('The update takes longer; this page shows what comes of it.');

	const lines = (answer.lines || []).map(function(line) {
		return text(line.host) + ' ' + text(line.family) + ': ' + text(line.text);
	});

	return lines.join('\n') || _('There was nothing to update.');
}

return baseclass.extend({
	rows: rows,
	fileFaults: fileFaults,
	span: span,
	next: next,
	explained: explained,
	sectionName: sectionName,
	summary: summary,
	outcome: outcome
});
