/*
 * The page in a real browser, over the real program and the lab: what its owner does, and what an
 * attacker could have it show. Ends with "N passed, N failed".
 */
'use strict';

const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { execFileSync, spawnSync } = require('child_process');
const { Server } = require('./server.js');

const ROOT = path.join(__dirname, '../..');
const OUT = path.join(ROOT, 'target/luci');
const { chromium } = require(path.join(OUT, 'node/node_modules/playwright-core'));
const CONFIG = '/var/run/uci/dynhost';
const SECRETS = [ 'hunter2', 'secret', 'lab-application-secret', 'lab-consumer' ];
const EVIL = '"><img src=x onerror="window.pwned=1">\'$(touch /run/evil)`touch /run/evil`<script>window.pwned=2</script>';

const PROVIDER = "config provider 'lab'\n" +
	"\toption url 'https://127.0.0.1:8443/nic/update?system=dyndns&hostname={hostname}&myip={address}'\n" +
	"\toption ca_file '" + process.env.LAB + "/ca.pem'\n";

let server, browser, url;
const tests = [];
const test = (name, run) => tests.push({ name, run });

const configure = (hosts) => fs.writeFileSync(CONFIG, PROVIDER + '\n' + (hosts || ''), { mode: 0o600 });
const host = (name, hostname, password) => "config host '" + name + "'\n\toption hostname '" + hostname +
	"'\n\toption username 'example.com-home'\n\toption password '" + password + "'\n\toption provider 'lab'\n";
const lab = (...words) => execFileSync('lab', [ ...words, '--control', process.env.CONTROL ]);
/* The other lab, whose account is empty at first. */
const account = (...words) => execFileSync('lab', [ ...words, '--control', process.env.ACCOUNT ]);
const service = () => execFileSync('/etc/init.d/dynhost', [ 'reload' ]);

function forget() {
	lab('clear');
	for (const pid of fs.existsSync('/run/pid') ? [ fs.readFileSync('/run/pid', 'utf8').trim() ] : [])
		try { process.kill(Number(pid)); } catch (error) { /* It has ended. */ }
	fs.rmSync('/run/dynhost', { recursive: true, force: true });
	fs.rmSync('/etc/ovh.conf', { force: true });
	fs.rmSync('/run/pid', { force: true });
	server.instead = {};
	server.calls = [];
}

async function open(where, options) {
	const given = Object.assign({ width: 1280, as: 'root', lang: 'en', dark: '', haste: 20 }, options);
	const context = await browser.newContext({
		viewport: { width: given.width, height: 800 }, screen: { width: given.width, height: 800 }
	});
	const page = await context.newPage();

	page.errors = [];
	page.on('pageerror', (error) => page.errors.push(error.message));
	await page.goto(url + '/cgi-bin/luci/' + where + '?' + new URLSearchParams({
		as: given.as, lang: given.lang, dark: given.dark, haste: String(given.haste)
	}));

	return page;
}

const names = (options) => open('admin/services/dynhost', options);
const doctor = (options) => open('admin/services/dynhost/doctor', options);
const wizard = (options) => open('admin/services/dynhost/setup', options);
const card = (page, host) => page.locator('.dynhost-card[data-host="' + host + '"]');
const shows = (locator, text) => locator.getByText(text).first().waitFor({ timeout: 20000 });

async function close(page) {
	assert.deepStrictEqual(page.errors, []);
	assert.strictEqual(await page.evaluate(() => window.pwned), undefined, 'something was executed');
	assert(!fs.existsSync('/run/evil'), 'a shell has read a value');
	await page.context().close();
}

/* What doctor says, of every kind. */
const DOCTOR = { running: false, task: 'home', exit: 77, errors: [], lines: [
	{ verdict: 'ok', topic: 'configuration', text: '2 hosts, no fault' },
	{ verdict: 'ok', topic: 'interface', host: 'home', text: 'pppoe-wan has 81.2.69.10 and 2a01:cb00:1234:5678:211:32ff:fe12:3456, both publishable' },
	{ verdict: 'note', topic: 'nat', host: 'cabin', text: '192.168.1.20 is private: a router in front has the public address', remedy: 'list source \'upnp\', or forward the ports there' },
	{ verdict: 'fault', topic: 'dns', host: 'home', text: 'a-name-that-is-as-long-as-names-may-be.and-goes-on-and-on-and-on-and-on-and-on.example.com shows 81.2.69.9 at ns1.example.net',
		remedy: 'wait a minute, then press Update now' } ] };

/* The wizard before, while and after. */
const WIZARD = {
	'keys': { running: false, task: '', lines: [], errors: [], credentials: { kind: 'none', endpoint: 'ovh-eu', text: '' } },
	'rights': { running: true, task: 'authorize', errors: [], credentials: { kind: 'unauthorized', endpoint: 'ovh-eu', text: '' },
		lines: [ 'open this link', 'https://www.ovh.com/auth/sso/api?credentialToken=' + '0123456789abcdef'.repeat(6) ] },
	'name': { running: false, task: 'setup', exit: 77, credentials: { kind: 'keys', endpoint: 'ovh-eu', text: '' },
		lines: [ 'write a new password for example.com-home into the configuration', 'create the identifier with suffix home' ],
		errors: [ 'dynhost: home.example.com has a CNAME record in the way: delete it, or run it again with --replace' ] }
};

/* Nothing is wider than its place, and no two texts lie on each other. */
async function fits(page) {
	const wrong = await page.evaluate(() => {
		const found = [];
		const width = document.documentElement.clientWidth;

		if (document.documentElement.scrollWidth > width)
			found.push('the page scrolls sideways: ' + document.documentElement.scrollWidth);

		const leaves = Array.from(document.querySelectorAll('h2, h3, h4, dt, dd, .btn, .dynhost-badge, label, input, select, textarea, summary, li, .dynhost-hint, .dynhost-fault, .dynhost-line > *, .dynhost-finding > *'))
			.filter((node) => node.checkVisibility() && node.textContent + (node.tagName === 'INPUT' ? '-' : '') !== '');
		const open = document.body.classList.contains('modal-overlay-active');
		const boxes = leaves.filter((node) => !open || node.closest('.modal')).map((node) => [ node, node.getBoundingClientRect() ]);

		for (const [ node, box ] of boxes) {
			if (box.right > width + 1 || box.left < -1)
				found.push('outside: ' + node.textContent.slice(0, 40));
			if (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline' && ![ 'INPUT', 'SELECT', 'TEXTAREA' ].includes(node.tagName))
				found.push('cut: ' + node.className + ' ' + node.textContent.slice(0, 40));
			for (const [ other, its ] of boxes)
				if (other !== node && !other.contains(node) && !node.contains(other) &&
					box.left < its.right - 1 && its.left < box.right - 1 && box.top < its.bottom - 1 && its.top < box.bottom - 1)
					found.push(node.textContent.slice(0, 30) + ' lies on ' + other.textContent.slice(0, 30));
		}

		return found;
	});

	assert.deepStrictEqual(wrong, []);
}

async function picture(page, name) {
	await page.screenshot({ path: path.join(OUT, name + '.png'), fullPage: true });
	await fits(page);
}

test('a name is added, rejected for its password, corrected, current, paused and removed', async () => {
	configure('');
	const page = await names();
	await shows(page, 'No name is configured yet.');
	await page.getByRole('button', { name: 'Add a name' }).click();
	await page.getByLabel('Name', { exact: true }).fill('home.example.com');
	await page.getByLabel('Login').fill('example.com-home');
	await page.getByLabel('Password').fill('hunter2');
	await page.getByLabel('Provider').selectOption('lab');
	await page.getByRole('button', { name: 'Save' }).click();
	await shows(card(page, 'home'), 'Rejected');
	await shows(card(page, 'home'), 'Compare login, password and sub-domain');
	await shows(card(page, 'home'), /one try in 23 h 59 min, or after Resume/);
	// The form goes when the answer has come, which may be after the list has the name.
	await page.locator('input[type=password]').waitFor({ state: 'detached' });

	await card(page, 'home').getByRole('button', { name: 'Edit' }).click();
	assert.strictEqual(await page.getByLabel('Password').inputValue(), '');
	assert.strictEqual(await page.getByLabel('Name', { exact: true }).inputValue(), 'home.example.com');
	await page.getByLabel('Password').fill('secret');
	await page.getByRole('button', { name: 'Save' }).click();
	await shows(card(page, 'home'), 'Current');
	await shows(card(page, 'home'), '81.2.69.10');

	await card(page, 'home').getByRole('button', { name: 'Update now' }).click();
	await shows(page.getByRole('status'), /nothing was sent/);
	await card(page, 'home').getByRole('button', { name: 'Pause' }).click();
	await shows(card(page, 'home'), 'This name was switched off');
	assert.match(fs.readFileSync(CONFIG, 'utf8'), /option enabled '0'/);
	await card(page, 'home').getByRole('button', { name: 'Switch on' }).click();
	await shows(card(page, 'home'), 'Current');

	await card(page, 'home').getByRole('button', { name: 'Remove' }).click();
	await page.locator('.modal').getByRole('button', { name: 'Remove' }).click();
	await shows(page, 'No name is configured yet.');
	assert.strictEqual(fs.readFileSync(CONFIG, 'utf8').trim(), PROVIDER.trim());
	await close(page);
});

test('a hold is resumed once the provider has what it lacked', async () => {
	configure(host('home', 'home.example.com', 'secret'));
	lab('fault', 'word', 'nohost', '--times', '1');
	service();
	const page = await names();
	await shows(card(page, 'home'), 'Create the DynHost record');
	await card(page, 'home').getByRole('button', { name: 'Resume' }).click();
	await shows(card(page, 'home'), 'Current');
	await close(page);
});

test('a provider that is down is tried again at once by hand, and the wait counts down', async () => {
	configure(host('home', 'home.example.com', 'secret'));
	lab('close');
	/* The wait grows with each failure, beyond the time that a busy machine takes to look. */
	execFileSync('sh', [ '-c', 'for i in 1 2 3 4 5 6; do dynhost update --force > /dev/null 2>&1 || :; done' ]);
	const page = await names();
	await shows(card(page, 'home'), 'The provider cannot be reached.');
	const next = card(page, 'home').locator('[data-state]');
	const first = await next.textContent();
	await page.waitForFunction((first) => document.querySelector('[data-state]').textContent !== first, first);
	lab('open');
	await card(page, 'home').getByRole('button', { name: 'Update now' }).click();
	await shows(card(page, 'home'), 'Current');
	await close(page);
});

test('what is wrong stands beside its field, and the form keeps what was typed', async () => {
	configure('');
	const page = await names();
	await page.getByRole('button', { name: 'Add a name' }).click();
	const rows = [
		[ 'Name', 'home', /fully qualified/ ],
		[ 'Name', 'a b.example.com', /blank or control character/ ],
		[ 'Login', 'a:b', /must not hold ':'/ ],
		[ 'Interface', 'wan$(reboot)', /letters, digits/ ]
	];
	for (const [ label, value, fault ] of rows) {
		const input = page.getByLabel(label, { exact: true });
		await page.getByLabel('Name', { exact: true }).fill('home.example.com');
		await page.getByLabel('Login').fill('example.com-home');
		await page.getByLabel('Password').fill('hunter2');
		await page.getByLabel('Interface').fill('');
		await input.fill(value);
		await page.getByRole('button', { name: 'Save' }).click();
		await shows(page.locator('#' + await input.getAttribute('aria-describedby')), fault);
		assert.strictEqual(await input.getAttribute('aria-invalid'), 'true');
		assert.strictEqual(await page.getByLabel('Password').inputValue(), 'hunter2');
	}
	await picture(page, 'faults-1280');
	await page.getByRole('button', { name: 'Cancel' }).click();
	assert.strictEqual(fs.readFileSync(CONFIG, 'utf8'), PROVIDER + '\n');
	await close(page);
});

test('whoever may only read sees the names and no button', async () => {
	configure(host('home', 'home.example.com', 'secret'));
	service();
	const page = await names({ as: 'reader' });
	await shows(card(page, 'home'), 'Current');
	assert.strictEqual(await page.locator('button').count(), 0);
	const refused = await page.evaluate(() => fetch('/ubus/', { method: 'POST', body: JSON.stringify([ {
		jsonrpc: '2.0', id: 0, method: 'call', params: [ window.STANDIN.session, 'dynhost', 'pause', { host: 'home' } ]
	} ]) }).then((reply) => reply.json()));
	assert.strictEqual(refused[0].error.code, -32002);
	await close(page);
});

test('the overview has a line for each name, tells of a failure, and is not there for others', async () => {
	configure(host('home', 'home.example.com', 'secret') + host('bad', 'other.example.com', 'hunter2'));
	service();
	const page = await open('admin/status/overview');
	await shows(page.locator('.dynhost-line').first(), 'Rejected');
	await shows(page.locator('.dynhost-line').nth(1), '81.2.69.10');
	await picture(page, 'overview-1280');
	server.instead.status = () => ({ result: [ 5 ] });
	await shows(page, 'The state cannot be read: RPC call to dynhost/status failed with ubus code 5');
	await close(page);
	const nobody = await open('admin/status/overview', { as: 'nobody' });
	await nobody.waitForTimeout(300);
	assert.strictEqual(await nobody.locator('.cbi-section').isVisible(), false);
	await close(nobody);
});

test('an object that fails, is missing or answers nonsense is said, and asked again', async () => {
	configure(host('home', 'home.example.com', 'secret'));
	service();
	for (const answer of [ { result: [ 5 ] }, { result: [ 2 ] }, { error: { code: -32000, message: 'Object not found' } },
		{ result: [ 0 ] }, { result: [ 0, { error: { code: 'file', text: EVIL + 'x'.repeat(10240) } } ] } ]) {
		server.instead.status = () => answer;
		const page = await names();
		await shows(page, 'The state cannot be read');
		await fits(page);
		server.instead = {};
		await shows(card(page, 'home'), 'Current');
		await close(page);
	}
});

test('a fault in the file is said, and of a host beside the others', async () => {
	configure(host('home', 'home.example.com', 'secret') + host('bad', 'no name', 'hunter2'));
	service();
	const page = await names();
	await shows(card(page, 'bad'), 'Fault in the configuration');
	await shows(card(page, 'bad'), /line \d+: hostname 'no name'/);
	await shows(card(page, 'home'), 'Current');
	await picture(page, 'fault-of-a-host-1280');
	fs.appendFileSync(CONFIG, "\noption password 'hunter2\n");
	await shows(page, /The configuration cannot be used: line \d+/);
	await close(page);
});

test('whatever the router answers is shown as text', async () => {
	const long = EVIL + 'x'.repeat(10240);
	for (const evil of [ EVIL, '<img src=x onerror=window.pwned=3>', 'a\nb\u202e\u0000', long ]) {
		const record = { host: evil, hostname: evil, family: evil, state: evil, address: evil, device: evil, reason: evil,
			published: { address: evil, at: evil }, last: { at: evil, code: evil, text: evil, address: evil }, next_at: evil };
		const state = (more) => ({ result: [ 0, { now: 1, state: { records: [ Object.assign({}, record, more) ] } } ] });
		server.instead.config = () => ({ result: [ 0, { providers: [ evil, 'ovh' ], hosts: [ { host: evil, hostname: evil,
			username: evil, provider: evil, device: evil, family: [ evil ], interface: [ evil ], enabled: true, has_password: true } ] } ] });
		server.instead.check = () => ({ result: [ 0, { faults: [ { file: evil, line: evil, severity: 'host', host: evil, text: evil },
			{ file: evil, line: 7, severity: 'file', text: evil } ] } ] });
		for (const method of [ 'update', 'resume', 'pause' ])
			server.instead[method] = () => ({ result: [ 0, { running: false, exit: 0, lines: [ { host: evil, family: evil, text: evil } ] } ] });
		for (const method of [ 'set', 'remove' ])
			server.instead[method] = () => ({ result: [ 0, { error: { code: evil, text: evil, field: evil,
				fields: [ { field: evil, text: evil }, { field: 'hostname', text: evil } ] } } ] });
		let isFaulty = true;
		for (const shown of (evil === EVIL) ? [ 'held', 'current', 'no-address', 'disabled', evil ] : [ 'held' ]) {
			server.instead.status = () => state({ state: shown });
			const page = await names();
			await page.locator('.dynhost-card').first().waitFor();
			await fits(page);
			if (isFaulty)
				server.instead.check = () => ({ result: [ 0, { faults: [] } ] });
			isFaulty = false;
			for (const name of [ 'Update now', 'Resume', 'Pause' ]) {
				const button = page.getByRole('button', { name: name, exact: true });
				if (await button.count())
					await button.first().click();
			}
			await page.getByRole('button', { name: 'Edit' }).click();
			await page.getByRole('button', { name: 'Save' }).click();
			await page.locator('.dynhost-fault:not(:empty)').first().waitFor();
			await fits(page);
			await page.getByRole('button', { name: 'Cancel' }).click();
			await page.getByRole('button', { name: 'Remove' }).click();
			await page.locator('.modal').getByRole('button', { name: 'Remove' }).click();
			await page.locator('.modal .dynhost-fault:not(:empty)').first().waitFor();
			await fits(page);
			assert.strictEqual(await page.locator('#maincontent img, .modal img, #maincontent script, .modal script').count(), 0);
			await page.locator('.modal').getByRole('button', { name: 'Cancel' }).click();
			await fits(page);
			await close(page);
			const overview = await open('admin/status/overview');
			await overview.locator('.dynhost-line').first().waitFor();
			await fits(overview);
			await close(overview);
		}
	}
});

test('whatever the owner types is taken as it is, or refused; the rest of the file stays', async () => {
	const long = 'x'.repeat(10240);
	for (const evil of [ EVIL, "' option enabled '0", '"', '\\', long, '-x', '../../etc/passwd' ]) {
		configure(host('home', 'home.example.com', 'secret'));
		const before = fs.readFileSync(CONFIG, 'utf8');
		const page = await names();
		await page.getByRole('button', { name: 'Add a name' }).click();
		for (const label of [ 'Name', 'Login', 'Password', 'Interface' ])
			await page.getByLabel(label, { exact: true }).fill(evil);
		await page.getByRole('button', { name: 'Save' }).click();
		await page.locator('.dynhost-fault:not(:empty)').first().waitFor();
		await page.getByRole('button', { name: 'Cancel' }).click();
		assert.strictEqual(fs.readFileSync(CONFIG, 'utf8'), before);
		await close(page);
	}
});

test('whatever the provider says is shown as text', async () => {
	for (const evil of [ EVIL, 'badauth ' + EVIL, '911 <img/src=x onerror=window.pwned=4>', '<html>' + 'y'.repeat(3000) ]) {
		configure(host('home', 'home.example.com', 'secret'));
		lab('fault', 'status', '200', evil);
		execFileSync('sh', [ '-c', 'dynhost update > /dev/null 2>&1 || :' ]);
		const page = await names();
		await card(page, 'home').getByText(/Rejected|Failed/).first().waitFor();
		await card(page, 'home').getByRole('button', { name: /Update now|Resume/ }).click();
		await page.getByRole('status').locator('.alert-message').waitFor();
		await fits(page);
		await close(page);
		forget();
	}
});

/* Over the real command. */
test('doctor examines a name, and its report can be copied', async () => {
	configure(host('home', 'home.example.com', 'hunter2'));
	const page = await doctor();
	assert(await page.getByRole('button', { name: 'Copy report' }).isDisabled());
	await page.getByLabel('Name').selectOption('home');
	await page.getByRole('button', { name: 'Examine' }).click();
	await page.locator('.dynhost-notice').getByText(/Faults found|Nothing is wrong/).waitFor({ timeout: 60000 });
	const found = await page.locator('.dynhost-finding').allInnerTexts();
	for (const topic of [ 'Configuration', 'Interface', 'Request', 'In the DNS', 'State' ])
		assert(found.some((text) => text.includes(topic)), topic + ' is missing: ' + found.join('\n'));
	await picture(page, 'doctor-real-1280');
	await page.getByRole('button', { name: 'Copy report' }).click();
	await shows(page, 'The report is in the clipboard');
	await close(page);
});

test('doctor\'s lines come one by one, also for whoever may only read', async () => {
	configure(host('home', 'home.example.com', 'secret'));
	const lines = DOCTOR.lines;
	let asked = -1;
	server.instead.doctor = (args) => {
		if (asked < 0 && !args.start)
			return { result: [ 0, { running: false, task: '', lines: [], errors: [] } ] };
		asked++;
		return { result: [ 0, { running: asked < 3, task: 'home', lines: lines.slice(0, asked + 1), errors: [],
			exit: asked < 3 ? undefined : 77 } ] };
	};
	const page = await doctor({ as: 'reader' });
	await page.getByRole('button', { name: 'Examine' }).click();
	await page.locator('.dynhost-finding').nth(1).waitFor();
	assert(await page.locator('.dynhost-finding').count() < 4, 'they came at once');
	await shows(page, 'It is being examined.');
	assert(await page.getByRole('button', { name: 'Examine' }).isDisabled());
	await page.locator('.dynhost-finding').nth(3).waitFor();
	await shows(page, 'Faults found: 1');
	await shows(page, 'What to do');
	/* A router's page is no secure context. */
	await page.context().grantPermissions([ 'clipboard-read', 'clipboard-write' ]);
	await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
	await page.getByRole('button', { name: 'Copy report' }).click();
	await shows(page, 'The report is in the clipboard');
	const copied = await page.evaluate(() => navigator.clipboard.readText());
	assert.strictEqual(copied.split('\n').filter((text) => /^(ok|note|fault) /.test(text)).length, 4, copied);
	assert(copied.includes('dns home: ' + lines[3].text) && copied.includes('-> ' + lines[3].remedy), copied);
	assert.strictEqual(await page.locator('textarea').count(), 0);
	await close(page);
});

test('an empty account becomes a name that is current, step by step, and a second time nothing new', async () => {
	configure('');
	const page = await wizard();
	await shows(page, 'There are no keys on the router yet.');
	await page.getByLabel('Account in').selectOption('ovh-us');
	await page.getByRole('link', { name: 'https://api.us.ovhcloud.com/createApp/' }).waitFor();
	await page.getByLabel('Account in').selectOption('ovh-eu');
	await page.getByRole('link', { name: 'https://eu.api.ovh.com/createApp/' }).waitFor();
	await page.getByLabel('Application key', { exact: true }).fill('mistyped');
	await page.getByLabel('Application secret').fill('lab-application-secret');
	await page.getByRole('button', { name: 'Store on the router' }).click();
	await shows(page, 'their rights are not granted yet');
	assert.strictEqual(await page.getByLabel('Application secret').inputValue(), '');
	await page.getByLabel('Zone', { exact: true }).fill('example.com');
	await page.getByRole('button', { name: 'Ask for the rights' }).click();
	await page.locator('.alert-message.warning').getByText(/application.key/i).waitFor({ timeout: 20000 });

	await page.getByText('Enter keys').click();
	await page.getByLabel('Application key', { exact: true }).fill('lab-application');
	await page.getByLabel('Application secret').fill('lab-application-secret');
	await page.getByRole('button', { name: 'Store on the router' }).click();
	await page.getByRole('button', { name: 'Ask for the rights' }).click();
	const link = page.getByRole('link', { name: /^https:\/\/eu\.api\.ovh\.com\/auth\/\?credentialToken=/ });
	await link.waitFor({ timeout: 20000 });
	assert.strictEqual(await link.getAttribute('rel'), 'noopener noreferrer');
	await picture(page, 'setup-link-1280');
	/* Whoever opens the page anew meets what is under way. */
	await page.reload();
	await link.waitFor({ timeout: 20000 });
	account('credential', 'last', 'validated');
	await shows(page, 'their rights were granted');
	await page.waitForFunction(() => document.querySelector('#dynhost-zone').value === 'example.com');
	await page.locator('#dynhost-zones option[value="example.com"]').waitFor({ state: 'attached' });
	assert.strictEqual(fs.statSync('/etc/ovh.conf').mode & 0o777, 0o600);

	for (const run of [ 'first', 'second' ]) {
		const ready = page.getByRole('button', { name: 'Set up', exact: true });
		await page.waitForFunction(() => !Array.from(document.querySelectorAll('button')).some((node) => node.disabled), null, { timeout: 20000 });
		await page.getByLabel('Sub-domain').fill('home');
		await ready.click();
		await shows(page.locator('.dynhost-steps'), run === 'first' ? 'create the identifier' : 'keep the identifier');
		await shows(page, 'The name is set up and current.');
		await shows(page.locator('.dynhost-steps'), 'home.example.com points at 81.2.69.10');
	}
	await picture(page, 'setup-done-1280');
	await close(page);
	const list = await names();
	await shows(card(list, 'home'), 'Current');
	await shows(card(list, 'home'), '81.2.69.10');
	await close(list);
	/* Whoever may only read is not even asked. */
	const reader = await wizard({ as: 'reader' });
	await shows(reader, 'This needs the right to change settings.');
	assert.strictEqual(await reader.locator('button, input').count(), 0);
	await close(reader);
});

test('a program without the wizard says which package has it', async () => {
	configure('');
	server.instead.setup = () => ({ result: [ 0, { error: { code: 'unsupported', text: 'the package dynhost has it' } } ] });
	const page = await wizard();
	await shows(page, 'the package dynhost has it');
	assert.strictEqual(await page.locator('button').count(), 0);
	await close(page);
});

test('whatever doctor and the wizard are told is shown as text, and whatever is typed there stays one', async () => {
	const long = EVIL + 'x'.repeat(10240);
	for (const evil of [ EVIL, 'javascript:window.pwned=5', 'https://a"><script>window.pwned=6</script>', 'a\nb\u202e\u0000', long ]) {
		configure(host('home', 'home.example.com', 'secret'));
		server.instead = {};
		server.instead.config = () => ({ result: [ 0, { providers: [ evil ], hosts: [ { host: evil } ] } ] });
		server.instead.doctor = () => ({ result: [ 0, { running: false, task: evil, exit: 77, errors: [ evil ],
			lines: [ { verdict: evil, topic: evil, host: evil, text: evil, remedy: evil }, { verdict: 'fault', topic: 'dns', text: evil } ] } ] });
		const page = await doctor();
		await page.locator('.dynhost-finding').nth(1).waitFor();
		await page.getByRole('button', { name: 'Examine' }).click();
		await fits(page);
		assert.strictEqual(await page.locator('#maincontent img, #maincontent script').count(), 0);
		await close(page);
		for (const running of [ true, false ]) {
			const kind = running ? 'unauthorized' : 'keys';
			server.instead.setup = () => ({ result: [ 0, { running: running, task: running ? 'authorize' : 'setup', exit: running ? undefined : 77,
				lines: [ evil, evil + '\tx' ], errors: [ evil ], credentials: { kind: kind, endpoint: evil, text: evil } } ] });
			const setup = await wizard();
			await setup.locator('.alert-message').waitFor();
			await setup.waitForTimeout(100);
			for (const href of await setup.locator('#maincontent a').evaluateAll((nodes) => nodes.map((node) => node.protocol)))
				assert.strictEqual(href, 'https:');
			await fits(setup);
			assert.strictEqual(await setup.locator('#maincontent img, #maincontent script').count(), 0);
			await close(setup);
		}
		/* What is typed, by the real program: taken as a name or a key, or refused. */
		if (evil !== EVIL && evil !== long)
			continue;
		server.instead = {};
		const typed = await wizard();
		await typed.getByLabel('Application key', { exact: true }).fill(evil);
		await typed.getByLabel('Application secret').fill(evil);
		await typed.getByRole('button', { name: 'Store on the router' }).click();
		/* A key is any word of ASCII. */
		await typed.locator('.dynhost-fault:not(:empty), .dynhost-access:text("not granted yet")').first().waitFor();
		assert(!fs.existsSync('/etc/ovh.conf') || !/window|^b/m.test(fs.readFileSync('/etc/ovh.conf', 'utf8').replace(/^application_\w+=.*$/gm, '')));
		await close(typed);
		fs.rmSync('/etc/ovh.conf', { force: true });
	}
});

test('the page is in the language of its owner', async () => {
	const languages = fs.readdirSync(path.join(ROOT, 'openwrt/luci-app-dynhost/po')).filter((name) => name !== 'templates');
	configure(host('home', 'home.example.com', 'hunter2'));
	service();
	for (const language of languages) {
		const file = path.join(OUT, 'dynhost.' + language + '.lmo');
		execFileSync('python3', [ path.join(ROOT, 'openwrt/luci/lmo.py'),
			path.join(ROOT, 'openwrt/luci-app-dynhost/po', language, 'dynhost.po'), file ]);
		server.read(language, file);
		const page = await names({ lang: language, width: 360 });
		await card(page, 'home').locator('.dynhost-bad').waitFor();
		const text = await page.locator('#maincontent').innerText();
		for (const english of [ 'Rejected', 'Published', 'Update now', 'What to do', 'Names that are kept' ])
			assert(!text.includes(english), language + ' has ' + english);
		if (language === 'fr')
			await shows(card(page, 'home'), 'Comparez l\u2019identifiant');
		await picture(page, 'names-360-' + language);
		await card(page, 'home').getByRole('button').nth(3).click();
		await picture(page, 'dialog-360-' + language);
		await close(page);
		server.instead.doctor = () => ({ result: [ 0, DOCTOR ] });
		const examined = await doctor({ lang: language, width: 360 });
		await examined.locator('.dynhost-finding').nth(3).waitFor();
		const found = await examined.locator('#maincontent').innerText();
		for (const english of [ 'Examine', 'Copy report', 'What to do', 'Faults found', 'Router in front' ])
			assert(!found.match(english + '\\b'), language + ' has ' + english);
		await fits(examined);
		await close(examined);
		const setup = await wizard({ lang: language, width: 360 });
		await setup.locator('.dynhost-access').waitFor();
		const asked = await setup.locator('#maincontent').innerText();
		for (const english of [ 'Set up', 'no keys', 'Store on the router', 'Application secret', 'Sub-domain' ])
			assert(!asked.includes(english), language + ' has ' + english);
		await (language === 'fr' ? picture(setup, 'setup-360-fr') : fits(setup));
		await close(setup);
	}
});

test('nothing overlaps on a telephone or a desk, by day or by night', async () => {
	const at = Math.floor(Date.now() / 1000);
	const record = (host, family, state, more) => Object.assign({ host, hostname: host + '.example.com', family, state,
		address: family === 'ipv6' ? '2a01:cb00:1234:5678:211:32ff:fe12:3456' : '81.2.69.20', reason: '',
		published: { address: family === 'ipv6' ? '2a01:cb00:1234:5678:211:32ff:fe12:3456' : '81.2.69.20', at: at - 93784 },
		last: { at: at - 93784, code: 'good', text: 'address stored', address: '81.2.69.20' }, next_at: null }, more);
	const records = [
		record('home', 'ipv4', 'current', { dns: { address: '81.2.69.20', at: at - 1200, agrees: true } }),
		record('home', 'ipv6', 'current', { dns: { address: '2a01:cb00:1234:5678:211:32ff:fe12:9999', at: at - 1200, agrees: false } }),
		record('nas', 'ipv4', 'held', { published: null, last: { at: at - 62, code: 'badauth', text: '', address: '81.2.69.20' }, next_at: at + 86338 }),
		record('cabin', 'ipv4', 'backoff', { last: { at: at - 20, code: 'connect-timeout', text: '', address: '81.2.69.20' }, next_at: at + 44,
			published: { address: '81.2.69.10', at: at - 900000 } }),
		record('a_host_with_a_very_long_section_', 'ipv4', 'no-address', { address: null, published: null, last: null,
			hostname: 'a-name-that-is-as-long-as-names-may-be.' + 'and-goes-on-and-on-'.repeat(3) + '.example.com',
			reason: '100.71.2.3 is carrier-grade NAT: the provider shares one public address, port forwarding cannot work' }),
		record('off', 'ipv4', 'disabled', { last: null, published: null, reason: 'disabled' })
	];
	server.instead.status = () => ({ result: [ 0, { now: Math.floor(Date.now() / 1000), state: { records: records } } ] });
	server.instead.doctor = () => ({ result: [ 0, DOCTOR ] });
	server.instead.check = () => ({ result: [ 0, { faults: [] } ] });
	server.instead.config = () => ({ result: [ 0, { providers: [ 'ovh', 'lab' ], hosts: Array.from(new Set(records.map((r) => r.host))).map((name) => ({
		host: name, hostname: records.find((r) => r.host === name).hostname, username: 'example.com-' + name, family: [ 'ipv4' ],
		interface: [ 'wan' ], provider: 'ovh', enabled: name !== 'off', has_password: true })) } ] });
	for (const width of [ 360, 1280 ])
		for (const dark of [ '', '1' ]) {
			const name = width + (dark ? '-dark' : '-light');
			const page = await names({ width: width, dark: dark });
			await page.locator('.dynhost-card').nth(4).waitFor();
			await picture(page, 'names-' + name);
			await page.getByRole('button', { name: 'Edit' }).first().click();
			await picture(page, 'dialog-' + name);
			await close(page);
			const overview = await open('admin/status/overview', { width: width, dark: dark });
			await overview.locator('.dynhost-line').nth(4).waitFor();
			await picture(overview, 'overview-' + name);
			await close(overview);
			const examined = await doctor({ width: width, dark: dark });
			await examined.locator('.dynhost-finding').nth(3).waitFor();
			await picture(examined, 'doctor-' + name);
			await close(examined);
			for (const kind in WIZARD) {
				server.instead.setup = () => ({ result: [ 0, WIZARD[kind] ] });
				const setup = await wizard({ width: width, dark: dark });
				await setup.locator('.dynhost-access').waitFor();
				await setup.getByText('Enter keys').first().waitFor();
				await picture(setup, 'setup-' + kind + '-' + name);
				await close(setup);
			}
		}
});

test('no password and no session of rpcd has reached the browser', async () => {
	assert(server.sent.includes('has_password'));
	for (const secret of SECRETS)
		for (const quote of [ '"', "'" ])
			assert(!server.sent.includes((secret === 'secret' ? quote : '') + secret + (secret.startsWith('lab') ? '' : quote)), secret);
	assert(!/5e55/.test(server.sent.replace(/"session":"[a-z]+-5e55"/g, '')));
	assert(!fs.readFileSync('/run/log', 'utf8').match(/hunter2|5e55|lab-application-secret/));
});

/* What needs no browser, by node's own runner. */
function pureTests() {
	const files = fs.readdirSync(__dirname).filter((name) => name.endsWith('.test.js')).map((name) => path.join(__dirname, name));
	const run = spawnSync(process.execPath, [ '--test', '--test-reporter=tap', ...files ], { encoding: 'utf8' });
	const count = (word) => Number((run.stdout.match(new RegExp('^# ' + word + ' (\\d+)$', 'm')) || [ 0, 0 ])[1]);

	if (run.status !== 0)
		console.log(run.stdout + run.stderr);
	console.log('ok      ' + count('pass') + ' tests of what needs no browser');

	return { passed: count('pass'), failed: Math.max(count('fail'), run.status === 0 ? 0 : 1) };
}

async function main() {
	fs.mkdirSync(OUT, { recursive: true });
	server = new Server(process.env.RPCD);
	url = await server.listen();
	browser = await chromium.launch({
		executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
		args: [ '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage' ]
	});
	const only = process.env.ONLY;
	let { passed, failed } = only ? { passed: 0, failed: 0 } : pureTests();

	for (const { name, run } of tests.filter((test) => !only || test.name.includes(only))) {
		forget();
		const started = Date.now();
		try {
			await run();
			passed++;
			console.log('ok      ' + name + ' (' + ((Date.now() - started) / 1000).toFixed(1) + ' s)');
		} catch (error) {
			failed++;
			console.log('FAILED  ' + name + '\n' + error.stack);
			for (const context of browser.contexts()) {
				for (const page of context.pages())
					await page.screenshot({ path: path.join(OUT, 'failed.png') }).catch(() => {});
				await context.close();
			}
		}
	}

	forget();
	await browser.close();
	server.http.close();
	console.log(passed + ' passed, ' + failed + ' failed');
	process.exit(failed ? 1 : 0);
}

main();
