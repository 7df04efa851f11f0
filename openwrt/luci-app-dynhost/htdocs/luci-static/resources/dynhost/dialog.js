'use strict';
'require baseclass';
'require ui';
'require dynhost.form as form';
'require dynhost.rows as rows';

/*
 * The form of one name. What is wrong is said by the router, by the rules of its own check, and
 * stands beside the field. The password goes to the router and never comes back.
 */

function provider(names, chosen) {
	const select = E('select', { 'class': 'cbi-input-select' }, [
		...names.map(function(name) {
			return E('option', { 'value': name, 'selected': (name == chosen) ? '' : null },
				[ name == 'ovh' ? 'OVHcloud' : name ]);
		})
	]);

	return form.field('provider', _('Provider'), select, '');
}

function fieldsOf(host, providers) {
	return [
		form.field('hostname', _('Name'), form.text(host.hostname, { 'inputmode': 'url' }),
			_('The full name that is to be kept current, such as home.example.com.')),
		form.field('username', _('Login'), form.text(host.username, {}),
			_('Of the DynHost identifier, such as example.com-home.')),
		form.field('password', _('Password'), form.text('', {
			'type': 'password',
			'autocomplete': 'new-password',
			'placeholder': host.has_password ? _('unchanged') : ''
		}), host.has_password ? _('An empty field leaves the password as it is.') : _('Of the DynHost identifier.')),
		form.families((host.family && host.family.length) ? host.family : [ 'ipv4' ]),
		form.field('interface', _('Interface'), form.text((host.interface || []).join(' '), {}),
			_('Whose address is published, such as wan; empty for that of the default route.')),
		...((providers.length > 1) ? [ provider(providers, host.provider || 'ovh') ] : [])
	];
}

function valuesOf(fields) {
	return fields.reduce(function(values, field) {
		if (field.name == 'family')
			values.family = form.chosen(field);
		else if (field.name == 'interface')
			values.interface = field.input.value.split(' ').filter(function(name) { return name != ''; });
		else
			values[field.name] = (field.name == 'password') ? field.input.value : field.input.value.trim();

		return values;
	}, {});
}

return baseclass.extend({
	/*
	 * Shows the form of a host, or of a new one; save takes the values and gives a promise. The
	 * form stays open with the faults until that is fulfilled.
	 */
	open: function(host, about, save) {
		const isNew = (host == null);
		const fields = fieldsOf(host || {}, about.providers);
		const general = E('div', { 'class': 'dynhost-fault dynhost-notice', 'role': 'alert' }, []);
		const close = function() {
			/* LuCI leaves the content of a closed dialog where it was. */
			fields.forEach(function(field) { field.input.value = ''; });
			ui.hideModal();
			body.remove();
		};
		const submit = function(event) {
			const values = valuesOf(fields);

			event.preventDefault();
			form.showFaults(fields, general, null);

			if (!values.family.length) {
				form.showFaults(fields, general, { fields: [ { field: 'family', text: _('choose at least one') } ] });
				return;
			}

			values.host = isNew ? rows.sectionName(values.hostname, about.taken) : host.host;
			values['new'] = isNew;

			/* Only one of the two can say whose address it is. */
			if (values.interface.length && host && host.device)
				values.device = '';

			button.setAttribute('disabled', '');

			return save(values).then(close, function(error) {
				form.showFaults(fields, general, error);
			}).finally(function() {
				button.removeAttribute('disabled');
			});
		};
		const button = E('button', { 'class': 'btn cbi-button cbi-button-positive important', 'type': 'submit' },
			[ _('Save') ]);
		const body = E('form', {
			'submit': submit,
			'keydown': function(event) {
				if (event.key == 'Escape')
					close();
			}
		}, [
			...fields.map(function(field) { return field.node; }),
			general,
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn cbi-button', 'type': 'button', 'click': close }, [ _('Cancel') ]),
				' ',
				button
			])
		]);

		ui.showModal([ isNew ? _('New name') : _('Settings of %s').format(host.hostname || host.host) ],
			[ body ], 'dynhost-text');
		fields[0].input.focus();
	},

	/* Asks before a name is taken out of the configuration. */
	confirmRemoval: function(row, remove) {
		const general = E('div', { 'class': 'dynhost-fault', 'role': 'alert' }, []);
		const button = E('button', {
			'class': 'btn cbi-button cbi-button-negative important',
			'type': 'button',
			'click': function() {
				button.setAttribute('disabled', '');

				return remove().then(ui.hideModal, function(error) {
					general.textContent = error.message;
					button.removeAttribute('disabled');
				});
			}
		}, [ _('Remove') ]);

		ui.showModal([ _('Remove %s?').format(row.hostname) ], [
			E('p', {}, [ _('It is taken out of the configuration with its password. At the provider nothing changes.') ]),
			general,
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn cbi-button', 'type': 'button', 'click': ui.hideModal }, [ _('Cancel') ]),
				' ',
				button
			])
		], 'dynhost-text');
		button.focus();
	}
});
