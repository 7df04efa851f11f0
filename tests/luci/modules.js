/* LuCI's modules without a browser: the body of a function that returns a class. */
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const RESOURCES = path.join(__dirname, '../../openwrt/luci-app-dynhost/htdocs/luci-static/resources');

/* The members of a module, with the stand-in's format and no translation. */
function load(name) {
	const source = fs.readFileSync(path.join(RESOURCES, name + '.js'), 'utf8');
	const baseclass = { extend: (members) => members };

	return new Function('baseclass', '_', source)(baseclass, (text) => text);
}

/* The stand-in's hash, and its String.prototype.format for this process. */
function standIn() {
	const context = {
		window: { STANDIN: {} }, document: { addEventListener() {} }, setInterval() {}, TextEncoder, String
	};

	vm.runInNewContext(fs.readFileSync(path.join(__dirname, 'standin.js'), 'utf8'), context);

	return { hash: context.window.STANDIN_HASH };
}

module.exports = { load, standIn, RESOURCES };
