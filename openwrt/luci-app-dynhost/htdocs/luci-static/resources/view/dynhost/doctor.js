'use strict';
'require view';
'require dom';
'require dynhost.api as api';
'require dynhost.look as look';
'require dynhost.report as report';

/* What dynhost doctor finds, line by line while it finds it. */

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	load: function() {
		const self = this;

		return Promise.all([ api.config(), api.doctor({}) ]).then(function(answers) {
			self.hosts = (answers[0].hosts || []).map(function(host) { return String(host.host); });
			self.answer = answers[1];
		}, function(error) {
			self.hosts = [];
			self.failure = error.message;
		});
	},

	render: function() {
		const self = this;

		self.select = E('select', { 'class': 'cbi-input-select', 'aria-label': _('Name') }, [
			E('option', { 'value': '' }, [ _('all names') ]),
			...self.hosts.map(function(host) { return E('option', { 'value': host }, [ host ]); })
		]);
		self.button = E('button', {
			'class': 'btn cbi-button cbi-button-action important', 'type': 'button',
			'click': function() { self.start(); }
		}, [ _('Examine') ]);
		self.copy = E('button', {
			'class': 'btn cbi-button', 'type': 'button',
			'click': function() { self.copyReport(); }
		}, [ _('Copy report') ]);
		self.list = E('div', { 'class': 'dynhost-findings' }, []);
		self.notice = E('div', { 'class': 'dynhost-notice', 'role': 'status', 'aria-live': 'polite' }, []);
		self.page = E('div', { 'class': 'cbi-map dynhost-text' }, [
			look.style(),
			E('h2', {}, [ _('Doctor') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Goes the whole way from the interface to the provider and the DNS. No update and no password is sent.') ]),
			E('div', { 'class': 'dynhost-actions' }, [ self.select, self.button, self.copy ]),
			self.notice,
			self.list
		]);
		self.draw();

		if (self.answer && self.answer.running)
			self.follow();

		return self.page;
	},

	start: function() {
		const self = this;

		self.button.setAttribute('disabled', '');

		return api.doctor({ start: true, host: self.select.value || undefined }).then(function(answer) {
			self.show(answer);
			self.follow();
		}, function(error) {
			self.fail(error);
			self.button.removeAttribute('disabled');
		});
	},

	follow: function() {
		const self = this;

		api.follow(api.doctor, function(answer) { self.show(answer); }, function(error) { self.fail(error); });
	},

	show: function(answer) {
		this.answer = answer;
		this.failure = null;
		this.draw();
	},

	fail: function(error) {
		this.failure = error.message;
		this.draw();
	},

	say: function(message, isTrouble) {
		dom.content(this.notice, [
			...(message ? [ E('div', { 'class': 'alert-message ' + (isTrouble ? 'warning' : 'notice') }, [ message ]) ] : [])
		]);
	},

	draw: function() {
		const rows = report.findings(this.answer);
		const isRunning = !!(this.answer && this.answer.running);
		const end = report.conclusion(this.answer);
		const drawn = JSON.stringify([ rows, isRunning, this.failure ]);

		if (drawn == this.drawn)
			return;

		this.drawn = drawn;
		dom.content(this.list, [ ...rows.map(function(row) {
			return E('div', { 'class': 'dynhost-finding' }, [
				look.badge(row.tone, row.word),
				E('div', {}, [
					E('strong', {}, [ row.topic + (row.host ? ' \u00b7 ' + row.host : '') ]),
					E('div', {}, [ row.text ]),
					...(row.remedy ? [ E('div', { 'class': 'dynhost-remedy' }, [ _('What to do'), ': ', row.remedy ]) ] : [])
				])
			]);
		}) ]);

		if (this.failure != null)
			this.say(_('The state cannot be read: %s').format(this.failure), true);
		else if (isRunning)
			this.say(_('It is being examined.'), false);
		else
			this.say(end ? end.text : '', end ? end.isTrouble : false);

		if (isRunning)
			this.button.setAttribute('disabled', '');
		else
			this.button.removeAttribute('disabled');

		if (rows.length || (this.answer && this.answer.errors && this.answer.errors.length))
			this.copy.removeAttribute('disabled');
		else
			this.copy.setAttribute('disabled', '');
	},

	/* A router's page is seldom a secure context, without which there is no clipboard to write to. */
	copyReport: function() {
		const self = this;
		const said = report.report(self.answer);
		const done = function() { self.say(_('The report is in the clipboard. It holds no password.'), false); };
		const byHand = function() {
			const area = E('textarea', { 'class': 'dynhost-report', 'readonly': '', 'rows': '8', 'aria-label': _('Copy report') }, []);

			area.value = said;
			self.page.appendChild(area);
			area.focus();
			area.select();

			if (document.execCommand('copy')) {
				area.remove();
				self.copy.focus();
				done();
			}
		};

		if (navigator.clipboard && window.isSecureContext)
			return navigator.clipboard.writeText(said).then(done, byHand);

		byHand();
	}
});
