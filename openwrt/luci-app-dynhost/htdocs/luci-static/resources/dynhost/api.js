'use strict';
'require baseclass';
'require rpc';

/*
 * The object of the router's own program. It answers each call with an object, errors included;
 * what rpcd itself refuses is rejected, as a number would look like an answer.
 */

function checked(answer) {
	if (answer === null || typeof(answer) != 'object')
		throw new Error(_('dynhost gave no answer'));

	if (answer.error) {
		const error = new Error(String(answer.error.text));

		error.fields = Array.isArray(answer.error.fields) ? answer.error.fields : [];
		throw error;
	}

	return answer;
}

function method(name, params) {
	const call = rpc.declare({
		object: 'dynhost',
		method: name,
		params: params,
		reject: true
	});

	return function(args) {
		const given = params.map(function(param) { return args ? args[param] : undefined; });

		return call.apply(null, given).then(checked);
	};
}

return baseclass.extend({
	status: method('status', []),
	config: method('config', []),
	check: method('check', []),
	update: method('update', [ 'host', 'force' ]),
	resume: method('resume', [ 'host' ]),
	pause: method('pause', [ 'host', 'paused' ]),
	set: method('set', [
		'host', 'new', 'enabled', 'hostname', 'username', 'password', 'provider', 'family',
		'interface', 'device'
	]),
	remove: method('remove', [ 'host' ])
});
