/*
 * As much of LuCI's client as the page uses, written for its test and as unkind as the original: a
 * string as content is HTML, false is an attribute's text, an error without `reject` is a number,
 * a closed dialog keeps its content, a rejected handler is shown nowhere, a poll that throws or hangs
 * is never asked again, an include that rejects later keeps what it showed.
 *
 * Left out: form, uci, fs, ui's widgets, caching of modules, themes.
 */
(function() {
	'use strict';

	const page = window.STANDIN;

	/* Format: %s, %d, %h; an argument that is missing repeats the last one. */
	String.prototype.format = function() {
		const given = arguments;
		let at = -1;

		return this.replace(/%([sdh%])/g, function(_, kind) {
			if (kind == '%')
				return '%';

			at = Math.min(at + 1, given.length - 1);

			const value = given[at];

			if (kind == 'd')
				return Math.floor(Number(value) || 0);

			return (kind == 'h') ? String(value).replace(/[&<>"']/g, function(c) {
				return '&#' + c.charCodeAt(0) + ';';
			}) : String(value);
		});
	};

	/* Written from the hash's definition in 32-bit arithmetic, not after the catalogue's writer. */
	function hash(text) {
		const bytes = new TextEncoder().encode(text);
		const at = function(i) { return bytes[i] | (bytes[i + 1] << 8); };
		const signed = function(i) { return (bytes[i] << 24) >> 24; };
		let h = bytes.length, i = 0;

		if (!h)
			return 0;

		for (; i + 4 <= bytes.length; i += 4) {
			h = (h + at(i)) | 0;
			h = (h << 16) ^ ((at(i + 2) << 11) ^ h);
			h = (h + (h >>> 11)) | 0;
		}

		switch (bytes.length - i) {
		case 3:
			h = (h + at(i)) | 0;
			h ^= h << 16;
			h ^= signed(i + 2) << 18;
			h = (h + (h >>> 11)) | 0;
			break;
		case 2:
			h = (h + at(i)) | 0;
			h ^= h << 11;
			h = (h + (h >>> 17)) | 0;
			break;
		case 1:
			h = (h + signed(i)) | 0;
			h ^= h << 10;
			h = (h + (h >>> 1)) | 0;
			break;
		}

		h ^= h << 3;
		h = (h + (h >>> 5)) | 0;
		h ^= h << 4;
		h = (h + (h >>> 17)) | 0;
		h ^= h << 25;
		h = (h + (h >>> 6)) | 0;

		return h >>> 0;
	}

	function translate(text, context) {
		const key = (context == null ? '' : context + '\u0001') + text.trim().replace(/\s+/g, ' ');

		return page.catalogue[hash(key)] || text;
	}

	const dom = {
		append: function(node, children) {
			if (Array.isArray(children))
				children.forEach(function(child) {
					if (child instanceof Node)
						node.appendChild(child);
					else if (child != null)
						node.appendChild(document.createTextNode(String(child)));
				});
			else if (children instanceof Node)
				node.appendChild(children);
			else if (children != null)
				node.innerHTML = String(children);

			return node;
		},

		content: function(node, children) {
			while (node.firstChild)
				node.removeChild(node.firstChild);

			return dom.append(node, children);
		}
	};

	function E(tag, attributes, children) {
		if (children === undefined && (Array.isArray(attributes) || typeof(attributes) != 'object'))
			[ attributes, children ] = [ {}, attributes ];

		const node = document.createElement(tag);

		for (const name in attributes) {
			const value = attributes[name];

			if (typeof(value) == 'function')
				node.addEventListener(name, value);
			else if (value != null)
				node.setAttribute(name, String(value));
		}

		return dom.append(node, children);
	}

	const baseclass = {
		extend: function(members) {
			const parent = this;
			const child = function() {
				if (this.__init__)
					this.__init__.apply(this, arguments);
			};

			child.prototype = Object.assign(Object.create(parent.prototype || Object.prototype), members);
			child.extend = baseclass.extend;

			return child;
		}
	};

	/* Calls of one moment go as one request. */
	let waiting = [];

	function send() {
		const calls = waiting;

		waiting = [];

		fetch('/ubus/', {
			method: 'POST',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify(calls.map(function(call, id) {
				return {
					jsonrpc: '2.0', id: id, method: 'call',
					params: [ page.session, call.object, call.method, call.args ]
				};
			}))
		}).then(function(reply) { return reply.json(); }).then(function(answers) {
			answers.forEach(function(answer) { calls[answer.id].done(answer); });
		}, function(error) {
			calls.forEach(function(call) { call.fail(error); });
		});
	}

	const rpc = {
		declare: function(options) {
			return function() {
				const given = arguments, args = {};

				(options.params || []).forEach(function(name, index) {
					if (given[index] !== undefined)
						args[name] = given[index];
				});

				return new Promise(function(resolve, reject) {
					const fail = function(code, what) {
						reject(new Error('RPC call to ' + options.object + '/' + options.method +
							' failed with ' + what + ' ' + code));
					};

					if (!waiting.length)
						setTimeout(send, 0);

					waiting.push({
						object: options.object, method: options.method, args: args, fail: reject,
						done: function(answer) {
							if (answer.error)
								fail(answer.error.code + ': ' + answer.error.message, 'error');
							else if (answer.result[0] !== 0 && options.reject)
								fail(answer.result[0], 'ubus code');
							else
								resolve(answer.result.length > 1 ? answer.result[1] : answer.result[0]);
						}
					});
				});
			};
		}
	};

	const polled = [];
	const poll = {
		add: function(run, seconds) {
			const entry = { run: run, seconds: (seconds || 5) / page.haste, due: Date.now(), busy: false };

			entry.due += entry.seconds * 1000;
			polled.push(entry);
		}
	};

	setInterval(function() {
		polled.forEach(function(entry) {
			if (entry.busy || Date.now() < entry.due)
				return;

			/* What throws at once, or never ends, stays busy for good. */
			entry.busy = true;
			Promise.resolve(entry.run()).finally(function() {
				entry.busy = false;
				entry.due = Date.now() + entry.seconds * 1000;
			}).catch(function() {});
		});
	}, 20);

	const ui = {
		showModal: function(title, children, ...classes) {
			const dialog = document.querySelector('#modal_overlay > .modal');

			dialog.className = [ 'modal', ...classes ].join(' ');
			dom.content(dialog, E('h4', {}, title));
			dom.append(dialog, children);
			document.body.classList.add('modal-overlay-active');

			return dialog;
		},

		hideModal: function() {
			document.body.classList.remove('modal-overlay-active');
		},

		addNotification: function(title, children) {
			const node = E('div', { 'class': 'alert-message' }, title == null ? null : E('h4', {}, title));

			dom.append(node, children);
			document.querySelector('#maincontent').prepend(node);
		}
	};

	const view = baseclass.extend({
		__init__: function() {
			const target = document.querySelector('#view');
			const self = this;

			return Promise.resolve(self.load()).then(function(data) {
				return self.render(data);
			}).then(function(node) {
				dom.content(target, node);

				if (self.handleSaveApply !== null || self.handleSave !== null || self.handleReset !== null)
					target.appendChild(E('button', {}, [ 'Save & Apply' ]));
			}).catch(function(error) {
				dom.content(target, E('div', { 'class': 'alert-message error' }, 'Runtime error: ' + error.message));
			});
		}
	});

	const modules = { baseclass: baseclass, view: view, rpc: rpc, poll: poll, ui: ui, dom: dom };
	const loading = {};

	const L = {
		env: { sessionid: page.session, resource: '/luci-static/resources' },
		hasViewPermission: function() { return page.isWriter; },
		url: function() { return '/cgi-bin/luci/' + Array.from(arguments).join('/'); },
		resource: function(name) { return L.env.resource + '/' + name; },
		bind: function(run, self) { return run.bind(self); },
		resolveDefault: function(promise, otherwise) {
			return Promise.resolve(promise).catch(function() { return otherwise; });
		},
		require: function(name) {
			if (modules[name])
				return Promise.resolve(modules[name]);

			if (!loading[name])
				loading[name] = compile(name);

			return loading[name];
		}
	};

	/* A module is the body of a function; its first strings say what it needs. */
	function compile(name) {
		return fetch(L.resource(name.replace(/\./g, '/') + '.js')).then(function(reply) {
			if (!reply.ok)
				throw new Error('HTTP ' + reply.status + ' for ' + name);

			return reply.text();
		}).then(function(source) {
			const names = [], needs = [];
			const line = /^\s*(?:\/\*[\s\S]*?\*\/\s*)*'(use strict|require ([^']+))';/;
			let rest = source, found;

			while ((found = line.exec(rest)) != null) {
				rest = rest.slice(found[0].length);

				if (found[2]) {
					const words = found[2].split(/\s+as\s+/);

					names.push(words[1] || words[0].replace(/[^a-zA-Z0-9_]/g, '_'));
					needs.push(L.require(words[0]));
				}
			}

			return Promise.all(needs).then(function(loaded) {
				const run = new Function('window', 'document', 'L', 'E', '_', ...names, source);
				const Class = run(window, document, L, E, translate, ...loaded);

				if (typeof(Class) != 'function')
					throw new Error(name + ' returns no class');

				modules[name] = new Class();

				return modules[name];
			});
		});
	}

	/* The overview: the boxes of the folder, in one tick. */
	function overview() {
		const target = document.querySelector('#view');

		return Promise.all(page.includes.map(L.require)).then(function(includes) {
			const boxes = includes.map(function(include) {
				const box = E('div', { 'class': 'cbi-section', 'style': 'display:none' }, [
					E('h3', {}, [ include.title ]), E('div', {}, [])
				]);

				target.appendChild(box);

				return box;
			});
			const tick = function() {
				return Promise.all(includes.map(function(include, index) {
					return Promise.resolve(include.load()).then(function(data) {
						const node = include.render(data);

						if (node == null)
							return;

						dom.content(boxes[index].lastChild, [ node ]);
						boxes[index].style.display = '';
					}).catch(function() {});
				}));
			};

			return tick().then(function() { poll.add(tick, 5); });
		});
	}

	window.STANDIN_HASH = hash;
	document.addEventListener('DOMContentLoaded', function() {
		const started = page.view ? L.require('view.' + page.view) : overview();

		started.catch(function(error) {
			document.querySelector('#view').textContent = 'Loader: ' + error.message;
		});
	});
})();
