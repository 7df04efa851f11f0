'use strict';
'require baseclass';
'require dynhost.api as api';
'require dynhost.look as look';
'require dynhost.rows as rows';

/*
 * One line for each name. Until there was a first answer a rejection hides the box: the program is
 * not there, or not for this user. Later ones are shown, or the last answer would stay for good.
 */
let seen = null;
let looks = 0;

return baseclass.extend({
	title: _('DynHost'),

	load: function() {
		return api.look(seen, looks++ % 6 == 0).then(function(answers) {
			seen = answers;

			return { names: rows.rows(seen), faults: rows.fileFaults(seen) };
		}, function(error) {
			if (!seen)
				throw error;

			return { names: [], faults: [ error.message ] };
		});
	},

	render: function(data) {
		const lines = data.names.map(function(row) {
			const summary = rows.summary(row);

			return E('div', { 'class': 'dynhost-line' }, [
				look.badge(summary.tone, summary.word),
				E('strong', {}, [ row.hostname ]),
				E('span', {}, [ summary.text ])
			]);
		});

		return E('div', { 'class': 'dynhost-overview dynhost-text' }, [
			look.style(),
			...data.faults.map(function(fault) {
				return E('div', {}, [ E('em', {}, [ _('The state cannot be read: %s').format(fault) ]) ]);
			}),
			...((!data.faults.length && !lines.length) ? [ E('em', {}, [ _('No name is configured yet.') ]) ] : []),
			...lines
		]);
	}
});
