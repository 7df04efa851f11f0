'use strict';
'require view';
'require dom';
'require poll';
'require dynhost.api as api';
'require dynhost.dialog as dialog';
'require dynhost.look as look';
'require dynhost.rows as rows';

/* Seconds between two looks, and how many looks lie between two at the configuration. */
const LOOK = 5;
const LOOKS = 6;

function pair(label, value) {
	return (value == null || value === '') ? [] : [ E('dt', {}, [ label ]), E('dd', {}, [ value ]) ];
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	/* Never rejects: a page that says what is wrong is better than none. */
	look: function(withConfig) {
		const self = this;

		return api.look(self.seen, withConfig).then(function(seen) {
			self.failure = null;
			self.seen = seen;
			self.asked = Date.now();
		}, function(error) {
			self.failure = error.message;
		});
	},

	load: function() {
		return this.look(true);
	},

	/* The router's clock. */
	now: function() {
		return this.seen.status.now + (Date.now() - this.asked) / 1000;
	},

	render: function() {
		const self = this;
		let looks = 0;

		self.isWritable = L.hasViewPermission();
		self.notice = E('div', { 'class': 'dynhost-notice', 'role': 'status', 'aria-live': 'polite' }, []);
		self.grid = E('div', { 'class': 'dynhost-grid' }, []);
		self.page = E('div', { 'class': 'cbi-map dynhost-text' }, [
			look.style(),
			E('h2', {}, [ _('DynHost') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Names that are kept pointing at the address of this router.') ]),
			self.notice,
			self.grid,
			...(self.isWritable ? [ self.button('add', 'cbi-button-add', _('Add a name'), function() { self.edit(null); }) ] : [])
		]);
		self.draw();

		poll.add(function() {
			looks++;

			return Promise.resolve(self.look(looks % LOOKS == 0)).then(function() { self.draw(); });
		}, LOOK);

		window.setInterval(function() { self.tick(); }, 1000);

		return self.page;
	},

	/* Draws what has changed; a button keeps the focus over that. */
	draw: function() {
		const failure = (this.failure == null) ? [] : [
			E('div', { 'class': 'alert-message warning' }, [ _('The state cannot be read: %s').format(this.failure) ])
		];
		const names = this.seen ? rows.rows(this.seen) : [];
		const faults = rows.fileFaults(this.seen).map(function(fault) {
			return E('div', { 'class': 'alert-message warning' }, [ _('The configuration cannot be used: %s').format(fault) ]);
		});
		const drawn = JSON.stringify([ this.failure, rows.fileFaults(this.seen), names ]);

		if (drawn != this.drawn) {
			const focused = document.activeElement ? document.activeElement.getAttribute('data-key') : null;
			const self = this;

			this.drawn = drawn;
			dom.content(this.grid, [
				...failure,
				...faults,
				...names.map(function(row) { return self.card(row); }),
				...((this.seen && !names.length && !faults.length) ? [ E('p', {}, [ E('em', {}, [ _('No name is configured yet.') ]) ]) ] : [])
			]);

			if (focused)
				Array.from(this.grid.querySelectorAll('[data-key]')).forEach(function(node) {
					if (node.getAttribute('data-key') == focused)
						node.focus();
				});
		}

		this.tick();
	},

	/* Times run on between two looks. */
	tick: function() {
		if (!this.seen)
			return;

		const now = this.now();

		Array.from(this.grid.querySelectorAll('[data-at]')).forEach(function(node) {
			const at = node.getAttribute('data-at');
			const state = node.getAttribute('data-state');
			const said = (state == null) ? _('%s ago').format(rows.span(now - Number(at)))
				: rows.next(state, (at == '') ? null : Number(at), now);

			if (node.textContent != said)
				node.textContent = said;
		});
	},

	card: function(row) {
		const self = this;

		return E('section', { 'class': 'dynhost-card', 'data-host': row.host }, [
			E('h3', {}, [ row.hostname ]),
			...((row.host != row.hostname) ? [ E('div', { 'class': 'dynhost-section' }, [ row.host ]) ] : []),
			...row.records.map(function(record) { return self.record(record); }),
			...(row.records.length ? [] : [ E('div', { 'class': 'dynhost-record' }, [ _('Nothing is known of it yet.') ]) ]),
			...(self.isWritable ? [ self.actions(row) ] : [])
		]);
	},

	record: function(record) {
		const ago = function(at) {
			return (at == null) ? null : E('span', { 'data-at': String(at) }, []);
		};
		const last = (record.lastAt == null) ? null
			: E('span', {}, [ E('code', {}, [ record.lastCode ]), ', ', ago(record.lastAt) ]);

		const dns = record.dns ? E('span', {}, [
			look.badge(record.dns.tone, record.dns.text),
			...((record.dns.at == null) ? [] : [ ' ', ago(record.dns.at) ])
		]) : null;

		return E('div', { 'class': 'dynhost-record', 'data-state-of': record.family }, [
			look.badge(record.tone, record.word),
			' ',
			(record.family == 'ipv6') ? 'IPv6' : 'IPv4',
			E('dl', {}, [
				...pair(_('Published'), record.published || _('nothing yet')),
				...pair(_('Acknowledged'), ago(record.since)),
				...((record.address != record.published) ? pair(_('Address now'), record.address) : []),
				...pair(_('In the DNS'), dns),
				...pair(_('Last reply'), last),
				...pair(_('Reason'), record.reason),
				...pair(_('What to do'), record.remedy),
				...pair(_('Next'), E('span', {
					'data-at': (record.nextAt == null) ? '' : String(record.nextAt),
					'data-state': record.state
				}, []))
			])
		]);
	},

	button: function(key, style, label, action) {
		return E('button', {
			'class': 'btn cbi-button ' + style,
			'type': 'button',
			'data-key': key,
			'click': action
		}, [ label ]);
	},

	actions: function(row) {
		const self = this;
		const isHeld = row.records.some(function(record) { return record.state == 'held'; });
		/* A pass would change nothing about these. */
		const isStuck = row.records.length > 0 && row.records.every(function(record) {
			return record.state == 'held' || record.state == 'faulty';
		});
		const isCurrent = row.records.every(function(record) { return record.state == 'current'; });
		const act = function(key, style, label, run) {
			return self.button(row.host + ' ' + key, style, label, function(event) {
				return self.act(event.currentTarget, run);
			});
		};

		if (!row.isEditable)
			return E('div', { 'class': 'dynhost-actions' }, []);

		return E('div', { 'class': 'dynhost-actions' }, [
			...((row.isEnabled && !isStuck) ? [ act('update', 'cbi-button-action', _('Update now'), function() {
				return api.update({ host: row.host, force: isCurrent ? undefined : true });
			}) ] : []),
			...((row.isEnabled && isHeld) ? [ act('resume', 'cbi-button-positive', _('Resume'), function() {
				return api.resume({ host: row.host });
			}) ] : []),
			act('pause', 'cbi-button-neutral', row.isEnabled ? _('Pause') : _('Switch on'), function() {
				return api.pause({ host: row.host, paused: row.isEnabled });
			}),
			self.button(row.host + ' edit', 'cbi-button-edit', _('Edit'), function() { self.edit(row.settings); }),
			self.button(row.host + ' remove', 'cbi-button-negative', _('Remove'), function() { self.remove(row); })
		]);
	},

	/* Runs what a button is for, and says what came of it: nobody else would. */
	act: function(button, run) {
		const self = this;

		button.setAttribute('disabled', '');
		button.classList.add('spinning');

		return run().then(function(answer) {
			self.say(rows.outcome(answer), answer.applied === false);
		}, function(error) {
			self.say(error.message, true);
		}).then(function() {
			return self.look(true);
		}).then(function() {
			button.removeAttribute('disabled');
			button.classList.remove('spinning');
			self.draw();
		});
	},

	say: function(message, isTrouble) {
		dom.content(this.notice, [
			E('div', { 'class': 'alert-message ' + (isTrouble ? 'warning' : 'notice') }, [ message ])
		]);
	},

	edit: function(settings) {
		const self = this;
		const config = self.seen ? self.seen.config : { hosts: [], providers: [ 'ovh' ] };
		const about = {
			providers: config.providers,
			taken: config.hosts.map(function(host) { return host.host; })
		};

		dialog.open(settings, about, function(values) {
			return api.set(values).then(function(answer) {
				if (answer.applied === false)
					self.say(_('Saved, but the service did not take it. Look into the system log.'), true);

				/* The form closes; what the provider says comes when it comes. */
				api.update({ host: values.host }).then(function(answer) {
					self.say(rows.outcome(answer), false);
				}, function(error) {
					self.say(error.message, true);
				}).then(function() {
					return self.look(true);
				}).then(function() {
					self.draw();
				});

				return self.look(true).then(function() { self.draw(); });
			});
		});
	},

	remove: function(row) {
		const self = this;

		dialog.confirmRemoval(row, function() {
			return api.remove({ host: row.host }).then(function() {
				return self.look(true);
			}).then(function() {
				self.draw();
			});
		});
	}
});
