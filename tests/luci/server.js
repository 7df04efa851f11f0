/*
 * Stands for uhttpd and rpcd: pages, files, sessions with the rights of the package's own ACL file,
 * and the object: the real program, called as rpcd calls it.
 */
'use strict';

const fs = require('fs');
const http = require('http');
const path = require('path');
const { spawn } = require('child_process');

const APP = path.join(__dirname, '../../openwrt/luci-app-dynhost');
const STATIC = path.join(APP, 'htdocs/luci-static');
/* Sessions: what their group may do. */
const SESSIONS = { 'root-5e55': [ 'read', 'write' ], 'reader-5e55': [ 'read' ], 'nobody-5e55': [] };

class Server {
	constructor(program) {
		this.program = program;
		this.catalogues = {};
		/* Everything that left for the browser, and every word of the calls that came from it. */
		this.sent = '';
		this.calls = [];
		/* Answers in the place of the program's, by method. */
		this.instead = {};
		this.acl = JSON.parse(fs.readFileSync(path.join(APP, 'root/usr/share/rpcd/acl.d/luci-app-dynhost.json')));
		this.menu = JSON.parse(fs.readFileSync(path.join(APP, 'root/usr/share/luci/menu.d/luci-app-dynhost.json')));
		this.http = http.createServer((request, reply) => this.answer(request, reply));
	}

	listen() {
		return new Promise((resolve) => this.http.listen(0, '127.0.0.1', () => {
			this.url = 'http://127.0.0.1:' + this.http.address().port;
			resolve(this.url);
		}));
	}

	answer(request, reply) {
		const url = new URL(request.url, this.url);
		const send = (kind, body) => {
			this.sent += body;
			reply.writeHead(200, { 'Content-Type': kind, 'X-Content-Type-Options': 'nosniff' });
			reply.end(body);
		};

		if (url.pathname === '/ubus/') {
			let body = '';

			request.on('data', (chunk) => { body += chunk; });
			request.on('end', () => this.batch(body).then((answer) => send('application/json', answer)));
			return;
		}

		if (url.pathname.startsWith('/cgi-bin/luci/'))
			return send('text/html; charset=utf-8', this.page(url));

		const file = url.pathname.startsWith('/luci-static/')
			? path.join(STATIC, url.pathname.slice('/luci-static/'.length))
			: path.join(__dirname, path.basename(url.pathname));

		if (!fs.existsSync(file)) {
			reply.writeHead(404);
			return reply.end();
		}

		send(file.endsWith('.css') ? 'text/css' : 'text/javascript', fs.readFileSync(file, 'utf8'));
	}

	/* A parent stands for its first child. */
	leaf(where) {
		const entry = this.menu[where];

		if (!entry || entry.action.type !== 'firstchild')
			return where;

		return Object.keys(this.menu).filter((name) => name.startsWith(where + '/'))
			.sort((one, other) => this.menu[one].order - this.menu[other].order)[0];
	}

	page(url) {
		const where = this.leaf(url.pathname.slice('/cgi-bin/luci/'.length));
		const session = (url.searchParams.get('as') || 'root') + '-5e55';
		const entry = this.menu[where];
		const about = {
			session: session,
			isWriter: SESSIONS[session].includes('write'),
			view: entry ? entry.action.path : null,
			includes: fs.readdirSync(path.join(STATIC, 'resources/view/status/include'))
				.map((name) => 'view.status.include.' + name.replace('.js', '')),
			catalogue: this.catalogues[url.searchParams.get('lang')] || {},
			haste: Number(url.searchParams.get('haste') || 20)
		};

		return '<!DOCTYPE html><html lang="' + (url.searchParams.get('lang') || 'en') + '"' +
			(url.searchParams.get('dark') ? ' data-darkmode="true"' : '') + '><head><meta charset="utf-8">' +
			'<meta name="viewport" content="width=device-width, initial-scale=1"><title>LuCI</title>' +
			'<link rel="icon" href="data:,"><link rel="stylesheet" href="/standin.css">' +
			'<script>window.STANDIN = ' + JSON.stringify(about) + '</script><script src="/standin.js"></script></head>' +
			'<body><header>OpenWrt</header><div id="maincontent"><div id="view"></div></div>' +
			'<div id="modal_overlay"><div class="modal" role="dialog" aria-modal="true"></div></div></body></html>';
	}

	async batch(body) {
		const calls = JSON.parse(body);
		const answers = [];

		/* One after the other, as uhttpd does it. */
		for (const call of calls)
			answers.push(Object.assign({ jsonrpc: '2.0', id: call.id }, await this.call(...call.params)));

		return JSON.stringify(answers);
	}

	async call(session, object, method, args) {
		const groups = SESSIONS[session] || [];
		const rights = this.acl['luci-app-dynhost'];
		const isAllowed = groups.some((group) =>
			((rights[group].ubus || {})[object] || []).includes(method));

		if (!isAllowed)
			return { error: { code: -32002, message: 'Access denied' } };

		this.calls.push({ method: method, args: args });

		if (this.instead[method])
			return this.instead[method](args);

		return this.run(method, Object.assign({ ubus_rpc_session: session }, args));
	}

	/* The exit status is ignored; no output is status 5, no JSON is 2, as in rpcd. */
	run(method, args) {
		return new Promise((resolve) => {
			const child = spawn(this.program, [ 'call', method ], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
			const timer = setTimeout(() => child.kill('SIGKILL'), 30000);
			let output = '';

			child.stdout.on('data', (chunk) => { output += chunk; });
			child.stderr.on('data', (chunk) => { this.sent += chunk; });
			child.on('close', () => {
				clearTimeout(timer);

				try {
					resolve({ result: output === '' ? [ 5 ] : [ 0, JSON.parse(output) ] });
				} catch (error) {
					resolve({ result: [ 2 ] });
				}
			});
			child.stdin.end(JSON.stringify(args));
		});
	}

	/* What is in a catalogue of LuCI, by the hash of the key. */
	read(language, file) {
		const bytes = fs.readFileSync(file);
		const index = bytes.readUInt32BE(bytes.length - 4);
		const catalogue = {};

		for (let at = index; at < bytes.length - 4; at += 16) {
			const offset = bytes.readUInt32BE(at + 8);

			catalogue[bytes.readUInt32BE(at)] = bytes.toString('utf8', offset, offset + bytes.readUInt32BE(at + 12));
		}

		this.catalogues[language] = catalogue;
	}
}

module.exports = { Server, APP };
