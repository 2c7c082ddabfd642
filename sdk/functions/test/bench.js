'use strict';

/** Prints how many invocations of a trivial function one worker serves a second: `node bench.js [seconds]`. */

const { WorkerHarness, KIND } = require('./worker-harness');

async function measure(harness, inFlight, milliseconds, firstId) {
  let nextId = firstId;
  let done = 0;
  const until = Date.now() + milliseconds;
  const began = process.hrtime.bigint();
  await new Promise((resolve) => {
    let open = 0;
    const send = () => {
      open += 1;
      harness.sendInvoke(nextId, { a: 1 });
      nextId += 1;
    };
    harness.receive = (kind) => {
      if (kind !== KIND.result) throw new Error(`unexpected frame ${kind}`);
      open -= 1;
      done += 1;
      if (Date.now() < until) send();
      else if (open === 0) resolve();
    };
    for (let index = 0; index < inFlight; index += 1) send();
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(`${String(inFlight).padStart(3)} in flight: ${Math.round(done / seconds)} invocations/s, ${((seconds * 1e6) / done).toFixed(1)} µs each`);
  return nextId;
}

async function main() {
  const milliseconds = Number(process.argv[2] || 2) * 1000;
  const harness = await WorkerHarness.start();
  await harness.specialise({ 'index.js': 'exports.main = async (event) => ({ sum: event.a + 1 });' });
  let id = await measure(harness, 32, milliseconds / 4, 1);
  id = await measure(harness, 1, milliseconds, id);
  await measure(harness, 32, milliseconds, id);
  await harness.stop();
}

// `node --test` runs every file of a folder named test; this one is no test.
if (process.env.NODE_TEST_CONTEXT === undefined) main();
