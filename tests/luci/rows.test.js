/* From answers to rows: what is shown, in which order, with which words. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { test } = require('node:test');
const { load, standIn } = require('./modules.js');

standIn();

const rows = load('dynhost/rows');
const NOW = 1795420385;

const config = (...names) => ({ hosts: names.map((name) => ({ host: name, hostname: name + '.example.com', enabled: true })) });
const record = (host, state, more) => Object.assign({ host, hostname: host + '.example.com', family: 'ipv4', state, reason: '',
	address: '81.2.69.10', published: null, last: null, next_at: null }, more);
const show = (config, status, ...faults) => rows.rows({ config, status, check: { faults } });
const status = (...records) => ({ now: NOW, state: { records } });

test('those that need their owner come first, then by name', () => {
	const states = [ 'current', 'held', 'disabled', 'pending', 'backoff', 'no-address', 'current' ];
	const names = [ 'b', 'c', 'd', 'e', 'f', 'g', 'a' ];
	const known = config(...names);
	known.hosts[2].enabled = false;
	const shown = show(known, status(...states.map((state, i) => record(names[i], state))));

	assert.deepStrictEqual(shown.map((row) => row.host), [ 'c', 'f', 'g', 'e', 'a', 'b', 'd' ]);
});

test('a host that is held says why, what to do and when it is tried', () => {
	const last = { at: NOW - 60, code: 'badauth', text: 'x', address: '81.2.69.20' };
	const [ row ] = show(config('home'), status(record('home', 'held', { last, next_at: NOW + 86340 })));
	const [ shown ] = row.records;

	assert.strictEqual(shown.word, 'Rejected');
	assert.match(shown.reason, /^Login or password is wrong/);
	assert.match(shown.remedy, /^Compare login/);
	assert.strictEqual(rows.next(shown.state, shown.nextAt, NOW), 'one try in 23 h 59 min, or after Resume');
	assert.strictEqual(rows.next(shown.state, shown.nextAt, NOW + 86340 + 5), 'one try in 0 s, or after Resume');
});

test('what only the program knows is said in its words', () => {
	const last = { at: NOW, code: 'wrong-echo', text: 'the provider stored another address', address: '81.2.69.20' };
	const [ row ] = show(config('home'), status(record('home', 'backoff', { last, reason: 'its own words' })));

	assert.deepStrictEqual([ row.records[0].reason, row.records[0].remedy ], [ 'its own words', '' ]);
});

test('a host that is off in the configuration is off, whatever was last known', () => {
	const off = { hosts: [ { host: 'home', hostname: 'home.example.com', enabled: false } ] };
	const [ row ] = show(off, status(record('home', 'current')));

	assert.deepStrictEqual([ row.isEnabled, row.records[0].state, row.records[0].word ], [ false, 'disabled', 'Off' ]);
	assert.match(row.records[0].reason, /switched off/);
});

test('both families of a host are one row, and hosts of one side alone are rows too', () => {
	const shown = show(config('home', 'new'), status(record('home', 'current'), record('home', 'held', { family: 'ipv6' }),
		record('gone', 'current')));

	assert.deepStrictEqual(shown.map((row) => [ row.host, row.records.length, row.isEditable ]),
		[ [ 'home', 2, true ], [ 'gone', 1, false ], [ 'new', 0, true ] ]);
});

test('a fault in the configuration is said with its line, by its host or for all', () => {
	const faults = [
		{ file: 'x', line: 7, severity: 'host', host: 'home', text: 'hostname: must be whole' },
		{ file: 'x', line: 0, severity: 'warning', text: 'mode' }, { file: 'x', line: 2, severity: 'file', text: 'a quote is lost' }
	];
	const seen = { config: config('home', 'new'), status: status(record('home', 'disabled')), check: { faults } };
	const [ home, fresh ] = rows.rows(seen);

	assert.deepStrictEqual([ home.records[0].tone, home.records[0].reason ], [ 'bad', 'line 7: hostname: must be whole' ]);
	assert.strictEqual(rows.next(home.records[0].state, null, NOW), 'when the configuration is corrected');
	assert.deepStrictEqual([ fresh.host, fresh.records ], [ 'new', [] ]);
	assert.deepStrictEqual(rows.fileFaults(seen), [ 'line 2: a quote is lost' ]);
	assert.deepStrictEqual([ rows.fileFaults(null), rows.rows(null) ], [ [], [] ]);
});

test('a host that was switched on since is due', () => {
	const [ row ] = show(config('home'), status(record('home', 'disabled', { reason: 'disabled' })));

	assert.deepStrictEqual([ row.records[0].word, row.records[0].reason ], [ 'Update due', '' ]);
});

test('what the DNS shows is said in words, where somebody has looked', () => {
	const said = (dns) => show(config('home'), status(record('home', 'current', { dns })))[0].records[0].dns;

	assert.deepStrictEqual(said({ address: '81.2.69.10', at: NOW, agrees: true }), { tone: 'good', text: 'agrees', at: NOW });
	assert.deepStrictEqual(said({ address: '81.2.69.9', at: NOW, agrees: false }), { tone: 'warn', text: 'lacks 81.2.69.9', at: NOW });
	assert.deepStrictEqual(said({ address: null, agrees: false }), { tone: 'warn', text: 'lacks ', at: null });
	assert.deepStrictEqual(said({ address: '<b>', at: 'x', agrees: false }), { tone: 'warn', text: 'lacks <b>', at: null });
	for (const nothing of [ undefined, null, 7, 'yes', [], {}, { agrees: 'true' }, { address: '81.2.69.10', at: NOW } ])
		assert.strictEqual(said(nothing), null);
});

test('nonsense makes rows, not exceptions', () => {
	for (const nonsense of [ null, undefined, {}, { hosts: [] }, { hosts: [ {} ] }, { hosts: [ { host: '' } ] } ])
		for (const state of [ null, undefined, {}, { state: {} }, { state: { records: [] } }, status({}), status({ host: 7, last: {} }) ])
			for (const row of show(nonsense, state, {}, { host: '' })) {
				rows.summary(row);
				row.records.forEach((record) => rows.next(record.state, record.nextAt, NaN));
			}
});

test('a span has two units at most', () => {
	for (const [ seconds, said ] of [ [ 0, '0 s' ], [ 59, '59 s' ], [ 60, '1 min' ], [ 3599, '59 min 59 s' ], [ 7505, '2 h 5 min' ],
		[ 86459, '1 d' ], [ 90000, '1 d 1 h' ], [ -5, '0 s' ], [ NaN, '0 s' ], [ '61.9', '1 min 1 s' ] ])
		assert.strictEqual(rows.span(seconds), said);
});

test('a new host is called after its first label, and like no other', () => {
	assert.strictEqual(rows.sectionName('Home.example.com', []), 'home');
	assert.strictEqual(rows.sectionName('my-nas.example.com', [ 'my_nas' ]), 'my_nas_2');
	assert.strictEqual(rows.sectionName('', [ 'host' ]), 'host_2');
	assert.strictEqual(rows.sectionName('b\u00fccher.example.com', []), 'b_cher');
	assert.match(rows.sectionName('x'.repeat(10240) + "'$(reboot)", [ 'x'.repeat(28) ]), /^x{28}_2$/);
});

test('what came of a pass is said line by line', () => {
	const lines = [ { host: 'home', family: 'ipv4', result: 'updated', address: '81.2.69.10', text: 'IP is now 81.2.69.10' } ];

	assert.strictEqual(rows.outcome({ running: false, lines }), 'home ipv4: IP is now 81.2.69.10');
	assert.match(rows.outcome({ running: true }), /takes longer/);
	assert.match(rows.outcome({ lines: [] }), /nothing to update/);
});

test('every code that the page explains is one of the program', () => {
	/* Wherever in their room the tables of words and failures stand. */
	const room = path.join(__dirname, '../../src/provider');
	const source = fs.readdirSync(room, { recursive: true }).filter((name) => name.endsWith('.rs'))
		.map((name) => fs.readFileSync(path.join(room, name), 'utf8')).join('\n');
	const page = fs.readFileSync(path.join(__dirname, '../../openwrt/luci-app-dynhost/htdocs/luci-static/resources/dynhost/rows.js'), 'utf8');
	const codes = Array.from(page.split('function explained')[1].split('function span')[0].matchAll(/case '([^']+)'/g), (found) => found[1]);

	assert(codes.length > 20);
	for (const code of codes) {
		assert(source.includes('"' + code + '"'), code);
		assert.strictEqual(rows.explained(code).length, 2);
	}
	/* And every rejection is explained: its owner has to act. The rest is said in the program's words. */
	const rejections = Array.from(source.matchAll(/^    \w+ "([^"]+)"[^=\n]*=> (?:PROBED|FINAL),/gm), (found) => found[1]);

	assert(rejections.length > 10, rejections.join());
	for (const code of rejections.filter((code) => ![ 'numhost', '!donator', 'conflict' ].includes(code)))
		assert(codes.includes(code), code);
});
