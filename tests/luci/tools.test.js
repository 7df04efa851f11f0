/* The tools around the page: the catalogue's writer, the lint, and the texts. */
'use strict';

const assert = require('assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { execFileSync, spawnSync } = require('child_process');
const { test } = require('node:test');
const { lint } = require('../../openwrt/luci/lint.js');
const { standIn, RESOURCES } = require('./modules.js');

const TOOLS = path.join(__dirname, '../../openwrt/luci');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dynhost-tools-'));

process.on('exit', () => fs.rmSync(folder, { recursive: true }));

/* Key and text of a catalogue, read as LuCI does it. */
function entries(po) {
	const [ from, to ] = [ path.join(folder, 'a.po'), path.join(folder, 'a.lmo') ];
	fs.rmSync(to, { force: true });
	fs.writeFileSync(from, po);
	execFileSync('python3', [ path.join(TOOLS, 'lmo.py'), from, to ]);
	if (!fs.existsSync(to))
		return null;
	const bytes = fs.readFileSync(to), found = [];
	for (let at = bytes.readUInt32BE(bytes.length - 4); at < bytes.length - 4; at += 16) {
		const [ offset, length ] = [ bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12) ];
		assert.strictEqual(offset % 4, 0);
		found.push([ bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4), bytes.toString('utf8', offset, offset + length) ]);
	}
	return found;
}

test('the catalogue has each text under the hash of its key, in order', () => {
	const { hash } = standIn();
	const po = 'msgid ""\nmsgstr ""\n"Language: fr\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n' +
		'# a remark\nmsgid "a"\nmsgstr "un"\n\nmsgctxt "unit"\nmsgid "d"\nmsgstr "j"\n\n' +
		'msgid "it\'s \\"so\\" \\\\ \\n"\nmsgstr ""\n"deux "\n"lignes"\n\nmsgid "same"\nmsgstr "same"\n\nmsgid "empty"\nmsgstr ""\n\n' +
		'msgid "%d name"\nmsgid_plural "%d names"\nmsgstr[0] "%d nom"\nmsgstr[1] "%d noms"\n\nmsgid "\u00e9t\u00e9"\nmsgstr "\u00e9\u00e9\u00e9"\n';
	const wanted = [
		[ 0, 0, 'nplurals=2; plural=(n > 1);' ], [ hash('a'), 1, 'un' ], [ hash('unit\u0001d'), 1, 'j' ],
		[ hash('it\'s "so" \\ \\n'), 1, 'deux lignes' ], [ hash('%d name\u00020'), 2, '%d nom' ],
		[ hash('%d name\u00021'), 2, '%d noms' ], [ hash('\u00e9t\u00e9'), 1, '\u00e9\u00e9\u00e9' ]
	];
	assert.deepStrictEqual(entries(po), wanted.sort((one, other) => one[0] - other[0]));
	assert.strictEqual(entries('msgid "a"\nmsgstr "a"\n'), null);
});

test('both hashes are the same for bytes of every kind and length', () => {
	const { hash } = standIn();
	const texts = [ '' ];
	for (let length = 1; length < 40; length++)
		for (const c of [ 'a', '\u00ff', '\u20ac', 'z\u00e9' ])
			texts.push(c.repeat(length));
	const python = 'import sys,json; sys.path.insert(0, sys.argv[1]); from lmo import sfh; ' +
		'print(json.dumps([sfh(text.encode()) for text in json.load(sys.stdin)]))';
	const hashes = JSON.parse(execFileSync('python3', [ '-c', python, TOOLS ], { input: JSON.stringify(texts) }));
	assert.deepStrictEqual(hashes, texts.map(hash));
});

test('template and translations have every text of the page', () => {
	const app = path.join(__dirname, '../../openwrt/luci-app-dynhost');
	const check = spawnSync('python3', [ path.join(TOOLS, 'pot.py'), app ], { encoding: 'utf8' });
	assert.strictEqual(check.stderr, '');
	assert.match(check.stdout, /texts in 7 languages/);
	const copy = path.join(folder, 'app');
	fs.cpSync(app, copy, { recursive: true });
	const change = (file, from, to) => {
		const text = fs.readFileSync(path.join(copy, file), 'utf8');
		assert(text.includes(from));
		fs.writeFileSync(path.join(copy, file), text.replace(from, to));
	};
	change('po/fr/dynhost.po', 'msgid "Resume"', 'msgid "Resumed"');
	change('po/de/dynhost.po', 'vor %s', 'vor');
	change('po/es/dynhost.po', 'msgstr "Guardar"', 'msgstr ""');
	change('po/it/dynhost.po', 'msgstr "Salva"', 'msgstr "<b>Salva</b>"');
	const faults = spawnSync('python3', [ path.join(TOOLS, 'pot.py'), copy ], { encoding: 'utf8' });
	for (const fault of [ /fr.*'Resume' is missing/, /fr.*'Resumed' is said nowhere/, /de.*other values/, /es.*not translated/, /it.*marks/ ])
		assert.match(faults.stderr, fault);
	assert.strictEqual(faults.status, 1);
});

test('the page holds to the lint, and each of its rules finds what it is for', () => {
	const files = fs.readdirSync(RESOURCES, { recursive: true }).filter((name) => name.endsWith('.js'));
	assert(files.length >= 10);
	for (const file of files)
		assert.deepStrictEqual(lint(fs.readFileSync(path.join(RESOURCES, file), 'utf8'), file), []);
	const bad = [
		'E(\'p\', {}, text)', 'E(\'p\', {}, \'text\')', 'E(\'p\', {}, _(\'%s\').format(x))', 'E(\'p\', \'text\')', 'E(tag, {}, [])',
		'E(\'p\', { \'hidden\': false }, [])', 'dom.content(node, text)', 'dom.append(node, [ a ].join())'.replace('[ a ].join()', 'a'),
		'ui.showModal(title, [])', 'ui.showModal([ a ], text)', 'ui.addNotification(_(\'a\'), [ b ])', 'ui.addNotification(null, text)',
		'node.innerHTML = text', 'node.insertAdjacentHTML(\'beforeend\', text)', 'x = `a${b}`', 'x = /["\']/', 'eval(text)',
		'uci.load(\'dynhost\')', 'fs.exec(\'/bin/sh\')', 'L.env.sessionid'
	];
	for (const source of bad)
		assert.notDeepStrictEqual(lint(source, 'bad'), [], source);
	const good = 'E(\'p\', { \'class\': a ? \'b\' : null }, [ text, \'innerHTML\', E(\'b\', {}, []) ]); /* E(\'p\', {}, text) */ // `x`\n x = a / b / c;';
	assert.deepStrictEqual(lint(good, 'good'), []);
});

test('the rights are those of the object and no more', () => {
	const app = path.join(__dirname, '../../openwrt/luci-app-dynhost/root/usr/share');
	const acl = JSON.parse(fs.readFileSync(path.join(app, 'rpcd/acl.d/luci-app-dynhost.json')))['luci-app-dynhost'];
	assert.deepStrictEqual(Object.keys(acl).sort(), [ 'description', 'read', 'write' ]);
	assert.deepStrictEqual(acl.read, { ubus: { dynhost: [ 'status', 'config', 'check', 'doctor' ] } });
	assert.deepStrictEqual(acl.write, { ubus: { dynhost: [ 'update', 'resume', 'pause', 'set', 'remove', 'setup' ] } });
	/* Every right is one to a method that is there, none can be had both ways, and a page that
	   does not name its group would be writable for whoever may read. */
	const methods = Object.keys(JSON.parse(execFileSync(path.join(__dirname, '../../target/debug/dynhost'), [ 'list' ],
		{ argv0: 'rpcd/dynhost', encoding: 'utf8' })));
	assert.deepStrictEqual(acl.read.ubus.dynhost.concat(acl.write.ubus.dynhost).sort(), methods.sort());
	const menu = JSON.parse(fs.readFileSync(path.join(app, 'luci/menu.d/luci-app-dynhost.json')));
	assert.strictEqual(Object.keys(menu).length, 4);
	for (const where in menu)
		assert.deepStrictEqual(menu[where].depends.acl, [ 'luci-app-dynhost' ], where);
});

/* Debian's jsmin is a translation of the one that LuCI's build runs. */
test('the page survives the minifier that LuCI\'s build sends it through', () => {
	const minify = 'import sys, jsmin; sys.stdout.write(jsmin.jsmin(sys.stdin.read()))';
	for (const file of fs.readdirSync(RESOURCES, { recursive: true }).filter((name) => name.endsWith('.js'))) {
		const source = fs.readFileSync(path.join(RESOURCES, file), 'utf8');
		const small = execFileSync('/usr/bin/python3', [ '-c', minify ], { input: source, encoding: 'utf8' });
		const parsed = new Function(small);
		assert(parsed && small.length < source.length, file);
		/* Every text is still there as a whole. */
		for (const [ , text ] of source.matchAll(/_\(('(?:[^'\\]|\\.)*')/g))
			assert(small.includes(text), file + ': ' + text);
	}
});
