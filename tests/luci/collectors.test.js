/* Prometheus' collectors: what they say is what `dynhost status --prometheus` says. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync, spawnSync } = require('child_process');
const { test } = require('node:test');

const ROOT = path.join(__dirname, '../..');
const FILES = path.join(ROOT, 'openwrt/prometheus-node-exporter-dynhost/files');
const STATE = { version: 1, agent: '0.1.0', written_at: 1795420385, records: [
	{ host: 'home', hostname: 'home.example.com', family: 'ipv4', state: 'held', source: null, device: null, address: '81.2.69.20',
		reason: 'x', published: { address: '81.2.69.10', at: 1795420000 }, in_doubt: false,
		last: { at: 1795420380, address: '81.2.69.20', code: 'badauth', text: 'x' }, failing_since: null, failures: 3,
		retry_after: null, next_at: 1795506780, bucket_full_at: null, fingerprint: '9f86d081' },
	{ host: 'nas', hostname: 'nas.example.com', family: 'ipv6', state: 'pending', source: null, device: null, address: null,
		reason: '', published: null, in_doubt: false, last: null, failing_since: null, failures: 0,
		retry_after: null, next_at: null, bucket_full_at: null, fingerprint: '' }
] };

/* Lines of metrics, without comments. */
const metrics = (text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).sort();

/* What the program says of that state, or of none. */
function said() {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynhost-metrics-'));

	try {
		const hosts = STATE.records.map((r) => `config host '${r.host}'\n\toption hostname '${r.hostname}'\n` +
			`\toption username 'x'\n\toption password 'x'\n\toption family '${r.family}'\n`);
		fs.writeFileSync(path.join(folder, 'conf'), hosts.join(''), { mode: 0o600 });
		fs.mkdirSync(path.join(folder, 'state'), { mode: 0o755 });
		fs.writeFileSync(path.join(folder, 'state/state.json'), JSON.stringify(STATE));
		return execFileSync(path.join(ROOT, 'target/debug/dynhost'),
			[ '--config', path.join(folder, 'conf'), '--state-dir', path.join(folder, 'state'), 'status', '--prometheus' ], { encoding: 'utf8' });
	} finally {
		fs.rmSync(folder, { recursive: true });
	}
}

/* ucode's language is close enough to JavaScript for this file; its exporter's gauge is played. */
function ucode(answer) {
	const lines = [];
	const gauge = (name) => (labels, value) => {
		const shown = Object.keys(labels).map((label) => label + '="' + (labels[label] ?? '') + '"');
		lines.push(name + '{' + shown.join(',') + '} ' + value);
	};
	const type = (value) => Array.isArray(value) ? 'array' : typeof(value);
	/* There `in` gives the items of a list. */
	const source = fs.readFileSync(path.join(FILES, 'dynhost.uc'), 'utf8').replace(/for \((let \w+) in /g, 'for ($1 of ');
	const result = new Function('ubus', 'gauge', 'type', source)({ call: () => answer }, gauge, type);

	return result === false ? false : lines.sort();
}

test('the collector for ucode has the program\'s metrics', () => {
	const program = metrics(said());

	assert(program.length >= 10, program.join('\n'));
	assert.deepStrictEqual(ucode({ now: 1, state: STATE }), program);
	for (const nothing of [ null, undefined, {}, { state: {} }, { error: { code: 'file' } } ])
		assert.strictEqual(ucode(nothing), false);
});

test('the collector for Lua hands on what the program says, or fails', () => {
	const collector = fs.readFileSync(path.join(FILES, 'dynhost.lua'), 'utf8');
	const run = (output) => {
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynhost-lua-'));
		try {
			const program = path.join(folder, 'dynhost');
			fs.writeFileSync(program, '#!/bin/sh\ncat "' + folder + '/says"\n', { mode: 0o755 });
			fs.writeFileSync(path.join(folder, 'says'), output);
			fs.writeFileSync(path.join(folder, 'collector.lua'), collector.replace('/usr/bin/dynhost', program));
			fs.writeFileSync(path.join(folder, 'run.lua'),
				'output = print; dofile("' + folder + '/collector.lua").scrape()');
			return spawnSync('lua5.1', [ path.join(folder, 'run.lua') ], { encoding: 'utf8' });
		} finally {
			fs.rmSync(folder, { recursive: true });
		}
	};
	const text = said();

	assert.strictEqual(run(text).stdout, text);
	assert.match(run('').stderr, /no metrics/);
});
