// The states of DynHost names, by the names that `dynhost status --prometheus` gives them.
const answer = ubus.call("dynhost", "status");

if (!answer || !answer.state || type(answer.state.records) != "array")
	return false;

const records = answer.state.records;

const metrics = [
	[ "current", "Whether the published address is the WAN address.", function(record) {
		return record.state == "current" ? 1 : 0;
	} ],
	[ "held", "Whether the user must act.", function(record) {
		return record.state == "held" ? 1 : 0;
	} ],
	[ "failures", "Updates in a row that failed.", function(record) {
		return record.failures;
	} ],
	[ "published_timestamp_seconds", "When an address was last acknowledged.", function(record) {
		return record.published ? record.published.at : null;
	} ],
	[ "last_update_timestamp_seconds", "When the last update ended.", function(record) {
		return record.last ? record.last.at : null;
	} ],
	[ "next_update_timestamp_seconds", "When the next look is due.", function(record) {
		return record.next_at;
	} ]
];

for (let metric in metrics) {
	const add = gauge("dynhost_" + metric[0], metric[1]);

	for (let record in records) {
		const value = metric[2](record);

		if (value != null)
			add({ host: record.host, hostname: record.hostname, family: record.family }, value);
	}
}

const info = gauge("dynhost_info", "What a record is doing, and what came of its last update.");

for (let record in records)
	info({
		host: record.host,
		hostname: record.hostname,
		family: record.family,
		state: record.state,
		code: record.last ? record.last.code : null
	}, 1);
