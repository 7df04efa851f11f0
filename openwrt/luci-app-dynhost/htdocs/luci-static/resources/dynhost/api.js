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

const status = method('status', []);
const config = method('config', []);
const check = method('check', []);

return baseclass.extend({
	/*
	 * Status, configuration and its faults: of these, the last two change seldom, and each call is
	 * a process on the router. Give what the last look gave, and whether all is to be asked anew.
	 */
	look: function(known, isWhole) {
		const isNew = (known == null || isWhole);

		return Promise.all([
			status(),
			isNew ? config() : known.config,
			isNew ? check() : known.check
		]).then(function(answers) {
			return { status: answers[0], config: answers[1], check: answers[2] };
		});
	},

	update: method('update', [ 'host', 'force' ]),
	resume: method('resume', [ 'host' ]),
	pause: method('pause', [ 'host', 'paused' ]),
	set: method('set', [
		'host', 'new', 'enabled', 'hostname', 'username', 'password', 'provider', 'family',
		'interface', 'device'
	]),
	remove: method('remove', [ 'host' ]),
	config: config,

	/* Both give what there is so far; with start or a task, another one begins if none is at work. */
	doctor: method('doctor', [ 'start', 'host' ]),
	setup: method('setup', [
		'task', 'endpoint', 'application_key', 'application_secret', 'consumer_key', 'client_id',
		'client_secret', 'zone', 'subdomain', 'family', 'new_password', 'replace'
	]),

	/*
	 * Asks again and again until it is over, and shows each answer. What goes wrong between is
	 * shown, and asked again: the router may be reconnecting.
	 */
	follow: function(ask, show, fail) {
		let failures = 0;

		const next = function() {
			return ask({}).then(function(answer) {
				failures = 0;
				show(answer);

				if (answer.running)
					window.setTimeout(next, 1000);
			}, function(error) {
				failures++;
				fail(error);

				if (failures < 10)
					window.setTimeout(next, 3000);
			});
		};

		window.setTimeout(next, 500);
	}
});
