'use strict';
'require baseclass';

/*
 * Colours and boxes. The state is always in words too; the badges are readable in every theme,
 * as they bring their own ground.
 */
const CSS = [
	/* On what holds a whole page or dialog: a word of ten thousand letters breaks wherever it stands. */
	'.dynhost-text { overflow-wrap: anywhere }',
	'.dynhost-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 23em), 1fr)); gap: 1em; margin: 1em 0 }',
	'.dynhost-card { border: 1px solid var(--border-color-medium, #8888); border-radius: 4px; padding: .8em; min-width: 0; display: flex; flex-direction: column }',
	'.dynhost-card h3 { margin: 0; padding: 0; border: 0; font-size: 1.15em; line-height: 1.3; text-wrap: wrap }',
	'.dynhost-card .dynhost-section { opacity: .75 }',
	'.dynhost-record { border-top: 1px solid var(--border-color-low, #8884); margin-top: .6em; padding-top: .6em }',
	'.dynhost-record dl { display: grid; grid-template-columns: minmax(6em, max-content) minmax(0, 1fr); gap: .25em .8em; margin: .5em 0 0 }',
	'.dynhost-record dt { font-weight: normal; opacity: .75 }',
	'.dynhost-record dd { margin: 0 }',
	'.dynhost-actions { display: flex; flex-wrap: wrap; gap: .4em; margin-top: auto; padding-top: .8em }',
	'.dynhost-actions select { max-width: 100%; min-width: 0 }',
	'.dynhost-badge { display: inline-block; border-radius: 3px; padding: .1em .6em; color: #fff; background: #5a6270; font-weight: bold; line-height: 1.5 }',
	'.dynhost-good { background: #1a7f37 }',
	'.dynhost-warn { background: #955000 }',
	'.dynhost-bad { background: #c1121f }',
	'.dynhost-busy { background: #1f5fa8 }',
	'.dynhost-notice { white-space: pre-line }',
	'.dynhost-field { margin-bottom: .9em }',
	'.dynhost-choice { display: flex; gap: .5em; align-items: center; padding: .15em 0 }',
	'.dynhost-choice input { margin: 0; flex: none }',
	'.dynhost-choice label { float: none; width: auto; margin: 0; padding: 0; text-align: left }',
	'.dynhost-field > label, .dynhost-field > .dynhost-legend { display: block; margin: 0 0 .2em; font-weight: bold; text-align: left; width: auto; float: none }',
	'.dynhost-field input[type="text"], .dynhost-field input[type="password"], .dynhost-field select { width: 100%; max-width: 30em; box-sizing: border-box }',
	'.dynhost-field .dynhost-hint { opacity: .75 }',
	'.dynhost-field .dynhost-fault { color: var(--error-color-high, #c1121f); font-weight: bold }',
	'.dynhost-choice.dynhost-field > label { font-weight: normal; margin: 0 }',
	'.dynhost-finding { display: grid; grid-template-columns: 7em minmax(0, 1fr); gap: .2em .8em; align-items: start; padding: .5em 0; border-top: 1px solid var(--border-color-low, #8884) }',
	'.dynhost-finding > * { min-width: 0 }',
	'.dynhost-finding .dynhost-badge { text-align: center }',
	'.dynhost-remedy { font-style: italic }',
	'.dynhost-report { width: 100%; box-sizing: border-box }',
	'.dynhost-setup summary { cursor: pointer; margin-bottom: .6em }',
	'.dynhost-steps:empty { display: none }',
	'.dynhost-line { display: flex; flex-wrap: wrap; gap: .2em .8em; align-items: baseline; padding: .25em 0 }',
	'.dynhost-line > * { min-width: 0 }'
].join('\n');

return baseclass.extend({
	style: function() {
		return E('style', {}, [ CSS ]);
	},

	badge: function(tone, word) {
		return E('span', { 'class': 'dynhost-badge dynhost-' + tone }, [ word ]);
	}
});
