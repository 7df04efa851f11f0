'use strict';
'require view';
'require dom';
'require dynhost.api as api';
'require dynhost.form as form';
'require dynhost.look as look';
'require dynhost.report as report';

/*
 * From an account at OVHcloud to a name that works. The keys go to the router and never come back;
 * each step can be made again.
 */

const ENDPOINTS = [ [ 'ovh-eu', _('Europe') ], [ 'ovh-ca', _('Canada') ], [ 'ovh-us', _('United States') ] ];

/* Where an application gets its keys. */
const CREATE = {
	'ovh-eu': 'https://eu.api.ovh.com/createApp/',
	'ovh-ca': 'https://ca.api.ovh.com/createApp/',
	'ovh-us': 'https://api.us.ovhcloud.com/createApp/'
};

function button(label, style, action) {
	return E('button', { 'class': 'btn cbi-button ' + style, 'type': 'button', 'click': action }, [ label ]);
}

return view.extend({
	handleSave: null,
	handleSaveApply: null,
	handleReset: null,

	load: function() {
		const self = this;

		if (!L.hasViewPermission())
			return Promise.resolve();

		return api.setup({}).then(function(answer) {
			self.answer = answer;
		}, function(error) {
			self.failure = error.message;
		});
	},

	render: function() {
		const self = this;
		const head = [
			look.style(),
			E('h2', {}, [ _('Set up at OVHcloud') ]),
			E('div', { 'class': 'cbi-map-descr' }, [ _('Creates the DynHost identifier and record in your account, and writes the name into the configuration. What exists is kept.') ])
		];

		if (!L.hasViewPermission())
			return E('div', { 'class': 'cbi-map dynhost-text' }, [ ...head, E('p', {}, [ _('This needs the right to change settings.') ]) ]);

		if (!self.answer)
			return E('div', { 'class': 'cbi-map dynhost-text' }, [ ...head, E('div', { 'class': 'alert-message warning' }, [ self.failure ]) ]);

		self.notice = E('div', { 'class': 'dynhost-notice', 'role': 'status', 'aria-live': 'polite' }, []);
		self.page = E('div', { 'class': 'cbi-map dynhost-text dynhost-setup' }, [
			...head, self.accessPart(), self.rightsPart(), self.namePart(), self.notice
		]);
		self.show(self.answer);

		if (self.answer.running)
			self.follow();
		else
			self.askZones();

		return self.page;
	},

	accessPart: function() {
		const self = this;
		const current = self.answer.credentials.endpoint;
		const isOwn = current != '' && !ENDPOINTS.some(function(known) { return known[0] == current; });
		const secret = { 'type': 'password', 'autocomplete': 'new-password' };
		const endpoints = isOwn ? [ [ '', current ] ].concat(ENDPOINTS) : ENDPOINTS;

		self.where = E('span', {}, []);
		self.endpoint = form.select('endpoint', _('Account in'), endpoints, '');
		self.kind = form.select('kind', _('Access by'), [
			[ 'application', _('application keys') ], [ 'service', _('a service account') ]
		], self.where);

		if (!isOwn && current != '')
			self.endpoint.input.value = current;

		self.application = [
			form.field('application_key', _('Application key'), form.text('', {}), ''),
			form.field('application_secret', _('Application secret'), form.text('', secret), '')
		];
		self.service = [
			form.field('client_id', _('Client ID'), form.text('', {}), ''),
			form.field('client_secret', _('Client secret'), form.text('', secret), '')
		];
		[ self.kind, self.endpoint ].forEach(function(field) {
			field.input.addEventListener('change', function() { self.drawKind(); });
		});
		self.said = E('p', { 'class': 'dynhost-access' }, []);
		self.general = E('div', { 'class': 'dynhost-fault dynhost-notice', 'role': 'alert' }, []);
		self.keys = E('details', {}, [
			E('summary', {}, [ _('Enter keys') ]),
			self.endpoint.node, self.kind.node,
			...self.application.concat(self.service).map(function(field) { return field.node; }),
			self.general,
			button(_('Store on the router'), 'cbi-button-save', function() { return self.store(); })
		]);
		self.drawKind();

		return E('section', { 'class': 'cbi-section' }, [ E('h3', {}, [ _('Access to the account') ]), self.said, self.keys ]);
	},

	rightsPart: function() {
		const self = this;
		const choices = E('datalist', { 'id': 'dynhost-zones' }, []);

		self.zones = choices;
		self.zone = form.field('zone', _('Zone'), form.text('', { 'list': 'dynhost-zones', 'inputmode': 'url' }),
			_('The domain at OVHcloud, such as example.com.'));
		self.replace = form.tick('replace', _('Delete plain records that are in the way'));
		self.zone.input.addEventListener('change', function() { self.askNames(); });
		self.link = E('div', {}, []);
		self.rights = E('div', {}, [
			button(_('Ask for the rights'), 'cbi-button-action', function() {
				return self.begin({ task: 'authorize', zone: self.zone.input.value.trim(), replace: self.replace.input.checked });
			}),
			self.link
		]);

		self.place = E('section', { 'class': 'cbi-section' }, [
			E('h3', {}, [ _('Zone') ]), choices, self.zone.node, self.replace.node, self.rights
		]);

		return self.place;
	},

	namePart: function() {
		const self = this;
		const choices = E('datalist', { 'id': 'dynhost-names' }, []);

		self.names = choices;
		self.subdomain = form.field('subdomain', _('Sub-domain'), form.text('', { 'list': 'dynhost-names' }),
			_('Such as home; @ for the zone itself.'));
		self.family = form.families([ 'ipv4' ]);
		self.newPassword = form.tick('new-password', _('Give an identifier that exists a new password'));
		self.lines = E('ol', { 'class': 'dynhost-steps' }, []);
		self.name = E('section', { 'class': 'cbi-section' }, [
			E('h3', {}, [ _('Name') ]), choices, self.subdomain.node, self.family.node, self.newPassword.node,
			button(_('Set up'), 'cbi-button-positive important', function() { return self.setUp(); }),
			self.lines
		]);

		return self.name;
	},

	drawKind: function() {
		const isService = (this.kind.input.value == 'service');
		const url = isService ? null : CREATE[this.endpoint.input.value];
		const said = _('Application keys are made at %s.').split('%s');

		dom.content(this.where, [ ...(url ? [
			said[0], E('a', { 'href': url, 'target': '_blank', 'rel': 'noopener noreferrer' }, [ url ]), said[1]
		] : []) ]);
		this.application.forEach(function(field) { field.node.style.display = isService ? 'none' : ''; });
		this.service.forEach(function(field) { field.node.style.display = isService ? '' : 'none'; });
	},

	fields: function() {
		return [ this.endpoint, this.zone, this.subdomain, this.family ].concat(this.application, this.service);
	},

	/* Only what belongs together is sent; the secrets leave the page with it. */
	store: function() {
		const self = this;
		const secrets = (self.kind.input.value == 'service') ? self.service : self.application;
		const values = { task: 'keys', endpoint: self.endpoint.input.value };

		secrets.forEach(function(field) { values[field.name] = field.input.value.trim(); });

		return self.send(values).then(function(answer) {
			if (!answer)
				return;

			self.application.concat(self.service).forEach(function(field) { field.input.value = ''; });
			self.keys.removeAttribute('open');
			self.zonesOf = null;
			self.askZones();
		});
	},

	setUp: function() {
		const families = form.chosen(this.family);

		if (!families.length) {
			form.showFaults(this.fields(), this.general, { fields: [ { field: 'family', text: _('choose at least one') } ] });
			return Promise.resolve();
		}

		return this.begin({
			task: 'setup',
			zone: this.zone.input.value.trim(),
			subdomain: this.subdomain.input.value.trim(),
			family: families,
			new_password: this.newPassword.input.checked,
			replace: this.replace.input.checked
		});
	},

	/* The answer, or nothing: then what is wrong stands where it belongs. */
	send: function(values) {
		const self = this;

		form.showFaults(self.fields(), self.general, null);

		return api.setup(values).then(function(answer) {
			self.show(answer);

			return answer;
		}, function(error) {
			if (error.fields && error.fields.length)
				form.showFaults(self.fields(), self.general, error);
			else
				self.say(error.message, true);
		});
	},

	begin: function(values) {
		const self = this;

		return self.send(values).then(function(answer) {
			if (answer)
				self.follow();
		});
	},

	follow: function() {
		const self = this;

		api.follow(api.setup, function(answer) {
			self.show(answer);

			if (!answer.running)
				self.askZones();
		}, function(error) {
			self.say(error.message, true);
		});
	},

	/* Zones and sub-domains of the account, as far as the keys may see them. */
	askZones: function() {
		const credentials = this.answer.credentials;
		const isReady = (credentials.kind == 'keys' || credentials.kind == 'service');

		if (isReady && this.zonesOf != credentials.kind) {
			this.zonesOf = credentials.kind;
			this.begin({ task: 'zones' });
		} else if (isReady) {
			this.askNames();
		}
	},

	askNames: function() {
		const zone = this.zone.input.value.trim();
		const isReady = (this.answer.credentials.kind == 'keys' || this.answer.credentials.kind == 'service');

		if (isReady && zone != '' && this.namesOf != zone && !this.answer.running) {
			this.namesOf = zone;
			this.begin({ task: 'names', zone: zone });
		}
	},

	say: function(message, isTrouble) {
		dom.content(this.notice, [
			...(message ? [ E('div', { 'class': 'alert-message ' + (isTrouble ? 'warning' : 'notice') }, [ message ]) ] : [])
		]);
	},

	show: function(answer) {
		const credentials = answer.credentials || {};
		const isReady = (credentials.kind == 'keys' || credentials.kind == 'service');
		const end = report.ended(answer);

		this.answer = answer;
		this.answer.credentials = credentials;
		dom.content(this.said, [ report.access(credentials) ]);

		if (!isReady && credentials.kind != 'unauthorized')
			this.keys.setAttribute('open', '');

		this.place.style.display = (isReady || credentials.kind == 'unauthorized') ? '' : 'none';
		this.rights.style.display = (credentials.kind == 'unauthorized') ? '' : 'none';
		this.name.style.display = isReady ? '' : 'none';
		Array.from(this.page.querySelectorAll('button')).forEach(function(node) {
			if (answer.running)
				node.setAttribute('disabled', '');
			else
				node.removeAttribute('disabled');
		});
		this.showTask(answer);

		if (answer.running)
			this.say(_('OVHcloud is being asked.'), false);
		else if (end)
			this.say(end.text, end.isTrouble);
	},

	showTask: function(answer) {
		const url = (answer.task == 'authorize' && answer.running) ? report.link(answer) : null;
		const lines = (answer.task == 'setup' && Array.isArray(answer.lines)) ? answer.lines : [];
		const offer = function(list, words) {
			dom.content(list, [ ...words.map(function(word) { return E('option', { 'value': word }, []); }) ]);
		};

		dom.content(this.link, [ ...(url ? [
			E('p', {}, [ _('Open this link, log in, and grant the rights with unlimited validity:') ]),
			E('a', { 'href': url, 'target': '_blank', 'rel': 'noopener noreferrer' }, [ url ])
		] : []) ]);
		dom.content(this.lines, [ ...lines.map(function(line) { return E('li', {}, [ line ]); }) ]);

		if (answer.running || answer.exit !== 0)
			return;

		const words = report.choices(answer);

		if (answer.task == 'zones') {
			offer(this.zones, words);

			if (this.zone.input.value == '' && words.length)
				this.zone.input.value = words[0];
		} else if (answer.task == 'names') {
			offer(this.names, words);
		}
	}
});
