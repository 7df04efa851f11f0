'use strict';
'require baseclass';

/* Fields with their label, their hint, and a place for what is wrong with them. */

function field(name, label, input, hint) {
	const id = 'dynhost-' + name;
	const fault = E('div', { 'class': 'dynhost-fault', 'id': id + '-fault', 'role': 'alert' }, []);

	input.setAttribute('id', id);
	input.setAttribute('aria-describedby', id + '-fault');

	return {
		name: name,
		input: input,
		fault: fault,
		node: E('div', { 'class': 'dynhost-field' }, [
			E('label', { 'for': id }, [ label ]),
			input,
			E('div', { 'class': 'dynhost-hint' }, [ hint ]),
			fault
		])
	};
}

function text(value, attributes) {
	const input = E('input', Object.assign({
		'class': 'cbi-input-text',
		'type': 'text',
		'autocomplete': 'off',
		'autocapitalize': 'none',
		'spellcheck': 'false',
		'maxlength': '1024'
	}, attributes), []);

	input.value = value || '';

	return input;
}

function families(chosen) {
	const box = function(family, label) {
		const input = E('input', { 'type': 'checkbox', 'value': family, 'id': 'dynhost-family-' + family }, []);

		input.checked = chosen.indexOf(family) >= 0;

		return E('div', { 'class': 'dynhost-choice' }, [
			input,
			E('label', { 'for': 'dynhost-family-' + family }, [ label ])
		]);
	};
	const fault = E('div', { 'class': 'dynhost-fault', 'role': 'alert' }, []);
	const boxes = E('div', { 'role': 'group', 'aria-label': _('Addresses') }, [
		box('ipv4', _('IPv4 (an A record)')),
		box('ipv6', _('IPv6 (an AAAA record)'))
	]);

	return {
		name: 'family',
		input: boxes,
		fault: fault,
		node: E('div', { 'class': 'dynhost-field' }, [
			E('span', { 'class': 'dynhost-legend' }, [ _('Addresses') ]),
			boxes,
			fault
		])
	};
}

function chosen(field) {
	return Array.from(field.input.querySelectorAll('input')).filter(function(box) {
		return box.checked;
	}).map(function(box) { return box.value; });
}

/* A box to be ticked. */
function tick(name, label) {
	const id = 'dynhost-' + name;
	const input = E('input', { 'type': 'checkbox', 'id': id }, []);

	return {
		name: name,
		input: input,
		node: E('div', { 'class': 'dynhost-choice dynhost-field' }, [ input, E('label', { 'for': id }, [ label ]) ])
	};
}

/* A choice of values, each with its label. */
function select(name, label, values, hint) {
	return field(name, label, E('select', { 'class': 'cbi-input-select' }, [
		...values.map(function(value) { return E('option', { 'value': value[0] }, [ value[1] ]); })
	]), hint);
}

function showFaults(fields, general, error) {
	const left = [];

	fields.forEach(function(field) {
		field.fault.textContent = '';
		field.input.removeAttribute('aria-invalid');
	});
	general.textContent = '';

	if (error == null)
		return;

	(error.fields || []).forEach(function(fault) {
		const field = fields.find(function(field) { return field.name == fault.field; });

		if (!field) {
			left.push(fault.field + ' ' + fault.text);
			return;
		}

		field.fault.textContent += (field.fault.textContent ? '; ' : '') + fault.text;
		field.input.setAttribute('aria-invalid', 'true');
	});

	if (!error.fields || !error.fields.length)
		left.push(error.message);

	general.textContent = left.join('; ');

	const first = fields.find(function(field) { return field.fault.textContent != ''; });

	if (first)
		first.input.focus();
}

return baseclass.extend({
	field: field,
	text: text,
	families: families,
	chosen: chosen,
	tick: tick,
	select: select,
	showFaults: showFaults
});
