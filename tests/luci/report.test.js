/* What doctor and the wizard say: as rows, as a report, as choices. */
'use strict';

const assert = require('assert');
const { test } = require('node:test');
const { load, standIn } = require('./modules.js');

standIn();

const report = load('dynhost/report');
const line = (verdict, topic, text, more) => Object.assign({ verdict, topic, text }, more);
const LINES = [ line('ok', 'clock', 'the clock is set'), line('note', 'nat', 'a router in front'),
	line('fault', 'dns', 'shows another address', { host: 'home', remedy: 'wait' }) ];

test('lines become rows in their order, and words of tomorrow are shown as they are', () => {
	const rows = report.findings({ lines: LINES.concat([ line('odd', 'weather', 'rain') ]) });

	assert.deepStrictEqual(rows.map((row) => [ row.tone, row.word, row.topic ]), [
		[ 'good', 'Good', 'Clock' ], [ 'warn', 'Note', 'Router in front' ], [ 'bad', 'Fault', 'In the DNS' ], [ 'off', 'odd', 'weather' ]
	]);
	assert.deepStrictEqual([ rows[2].host, rows[2].remedy, rows[0].remedy ], [ 'home', 'wait', '' ]);
});

test('an end is told: with faults, without, killed, and of a program that has no doctor', () => {
	const end = (more) => report.conclusion(Object.assign({ running: false, lines: LINES, errors: [], exit: 0 }, more));

	assert.deepStrictEqual(end({}), { isTrouble: true, text: 'Faults found: 1' });
	assert.deepStrictEqual(end({ lines: LINES.slice(0, 2) }), { isTrouble: false, text: 'Nothing is wrong.' });
	/* Lines that were lost on the way are not taken for health. */
	assert.strictEqual(end({ lines: LINES.slice(0, 2), exit: 77 }).text, 'It ended with exit code 77.');
	assert.strictEqual(end({ running: true }), null);
	assert.strictEqual(end({ exit: undefined }), null);
	assert.match(end({ exit: 137 }).text, /too long/);
	assert.match(end({ exit: 64, lines: [], errors: [ 'unknown command' ] }).text, /no doctor.*\nunknown command/);
	assert.strictEqual(end({ exit: 78, lines: [], errors: [ 'no file' ] }).text, 'no file');
});

test('the report has every line and its remedy, and nothing that could be a secret', () => {
	const text = report.report({ lines: LINES.concat([ line('ok', 'request',
		'https://user:hunter2@example.com/?password=hunter2&key=hunter2 and token=hunter2') ]), errors: [ 'secret=hunter2' ], exit: 77 });

	assert.strictEqual(text, 'dynhost doctor\nok clock: the clock is set\nnote nat: a router in front\n' +
		'fault dns home: shows another address\n\t-> wait\n' +
		'ok request: https://***@example.com/?password=***&key=*** and token=***\nsecret=***\nexit 77\n');
});

test('a link is one of https alone, and choices are first words', () => {
	const link = (...lines) => report.link({ lines });

	assert.strictEqual(link('open this', 'https://eu.api.ovh.com/auth/?credentialToken=x'), 'https://eu.api.ovh.com/auth/?credentialToken=x');
	for (const bad of [ 'javascript:alert(1)', ' https://a', 'http://a', 'https://a b', 'data:text/html,x', 'https://a"><script>', 'https://', 'https://' + 'x'.repeat(3000) ])
		assert.strictEqual(link(bad), null);
	assert.deepStrictEqual(report.choices({ lines: [ 'home\t81.2.69.10\t1', 'home\t::1\t2', '@\t81.2.69.10\t3', '' ] }), [ 'home', '@' ]);
});

test('what a task came to is in words', () => {
	const ended = (more) => report.ended(Object.assign({ running: false, task: 'setup', exit: 0, errors: [] }, more));

	assert.deepStrictEqual(ended({}), { isTrouble: false, text: 'The name is set up and current.' });
	assert.deepStrictEqual(ended({ task: 'zones' }), { isTrouble: false, text: '' });
	assert.deepStrictEqual(ended({ exit: 77, errors: [ 'a', 'b' ] }), { isTrouble: true, text: 'a\nb' });
	assert.strictEqual(ended({ exit: 75 }).text, 'It ended with exit code 75.');
	assert.strictEqual(ended({ running: true }), null);
	for (const kind of [ 'none', 'unauthorized', 'keys', 'service', undefined ])
		assert.match(report.access({ kind }), /router/);
	assert.strictEqual(report.access({ kind: 'faulty', text: 'no INI' }), 'no INI');
});

test('nonsense makes nothing, and no exception', () => {
	for (const nonsense of [ null, undefined, {}, { lines: 7 }, { lines: [ null, 7, {} ], exit: 'x', errors: null } ])
		for (const run of [ report.findings, report.conclusion, report.report, report.link, report.choices, report.ended ])
			run(nonsense);
});
