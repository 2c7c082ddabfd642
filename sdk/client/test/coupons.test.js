'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { FakeServer, problem } = require('./fake-server');
const { fakeWechat, fakeAlipay } = require('./fake-platforms');

const CLAIM = '/v1/coupons/batches/cpb-a/claim';
const GIVEN = { coupon: { id: 'cpn-1', status: 'held', claimedAt: 1, from: 1, until: 2 }, repeat: false };

async function withServer(body, globals = {}) {
  const server = await new FakeServer().start();
  Object.assign(globalThis, globals);
  delete require.cache[require.resolve('../sampan')];
  try {
    await body(server, require('../sampan'));
  } finally {
    for (const name of Object.keys(globals)) delete globalThis[name];
    await server.stop();
  }
}

const bodies = (server, path) => server.to(path).map(({ text }) => JSON.parse(text));

test('each call is its request, in WeChat\'s shape', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.coupons = {
      'GET /v1/coupons/batches': () => ({ batches: [{ id: 'cpb-a' }] }),
      'GET /v1/coupons/batches/cpb%2Fa': () => ({ id: 'cpb/a' }),
      'GET /v1/coupons?status=held&limit=5': () => ({ coupons: [] }),
      'GET /v1/coupons': () => ({ coupons: [{ id: 'cpn-1' }] }),
      'GET /v1/coupons/cpn-1': () => ({ id: 'cpn-1' }),
      [`POST ${CLAIM}`]: () => GIVEN,
      'POST /v1/coupons/claim': () => GIVEN,
      'POST /v1/coupons/batches/cpb-a/invitation': () => ({ invitation: 'inv-1', invited: 2 }),
      'POST /v1/coupons/lock': ({ coupons }) => ({ coupons: coupons.map((id) => ({ id, status: 'locked' })), repeat: false }),
      'POST /v1/coupons/best': () => ({ payable: 150 }),
      'POST /v1/coupons/price': () => ({ payable: 150 }),
      'POST /v1/coupons/release': ({ coupons }) => ({ coupons: coupons.map((id) => ({ id, status: 'held' })), repeat: false }),
    };
    assert.deepEqual(await cloud.coupons.offers(), { batches: [{ id: 'cpb-a' }], errMsg: 'cloud.coupons.offers:ok', requestID: 'r-server' });
    assert.equal((await cloud.coupons.offer('cpb/a')).id, 'cpb/a');
    assert.deepEqual((await cloud.coupons.mine({ status: 'held', limit: 5 })).coupons, []);
    assert.equal((await cloud.coupons.mine()).coupons.length, 1);
    assert.equal((await cloud.coupons.get('cpn-1')).id, 'cpn-1');
    assert.deepEqual((await cloud.coupons.claim('cpb-a', { device: 'd', outBizNo: 'mine', timeout: 9000 })).coupon, GIVEN.coupon);
    assert.deepEqual(bodies(server, CLAIM), [{ device: 'd', outBizNo: 'mine' }]);
    assert.equal((await cloud.coupons.claimByCode('AB-CD', { outBizNo: 'mine' })).repeat, false);
    assert.deepEqual(bodies(server, '/v1/coupons/claim'), [{ code: 'AB-CD', outBizNo: 'mine' }]);
    assert.equal((await cloud.coupons.invitation('cpb-a')).invited, 2);
    assert.equal((await cloud.coupons.lock({ coupons: ['cpn-1', 'cpn-2'], order: 'o', seconds: 60 })).coupons[1].status, 'locked');
    assert.equal((await cloud.coupons.release({ coupons: 'cpn-1', order: 'o' })).coupons[0].status, 'held');
    const basket = { lines: [{ goods: 'tea', price: 100, quantity: 2 }] };
    assert.equal((await cloud.coupons.best({ basket })).payable, 150);
    assert.equal((await cloud.coupons.price({ basket, coupons: 'cpn-1' })).payable, 150);
    assert.deepEqual(bodies(server, '/v1/coupons/best'), [{ basket }], 'what changes nothing has no number');
    assert.deepEqual(bodies(server, '/v1/coupons/price'), [{ basket, coupons: ['cpn-1'] }]);
    const [{ outBizNo, ...locked }] = bodies(server, '/v1/coupons/lock');
    assert.deepEqual(locked, { coupons: ['cpn-1', 'cpn-2'], order: 'o', seconds: 60 });
    assert.match(outBizNo, /^n-[0-9a-f]{24}$/);
    assert.equal(cloud.coupons.getByCode, undefined);
    assert.equal(cloud.coupons.redeem, undefined, 'a page cannot say that an order was paid');
  });
});

test('a claim whose answer is lost is sent again with its number', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.coupons = { [`POST ${CLAIM}`]: () => GIVEN };
    server.plan(CLAIM, 'drop', problem(503, 'COUPONS_BUSY', 'full', { 'retry-after': '0' }));
    assert.equal((await cloud.coupons.claim('cpb-a')).coupon.id, 'cpn-1');
    const numbers = bodies(server, CLAIM).map(({ outBizNo }) => outBizNo);
    assert.equal(numbers.length, 3);
    assert.equal(new Set(numbers).size, 1);
    await cloud.coupons.claim('cpb-a');
    assert.notEqual(bodies(server, CLAIM)[3].outBizNo, numbers[0]);
  });
});

test('a refusal is not repeated, and says why', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    server.plan(CLAIM, problem(409, 'COUPON_SOLD_OUT', 'All of these coupons are taken.'));
    await assert.rejects(cloud.coupons.claim('cpb-a'), (error) => (
      error.errCode === -504001 && error.problem.code === 'COUPON_SOLD_OUT' && /^cloud\.coupons\.claim:fail/.test(error.errMsg)
    ));
    assert.equal(server.to(CLAIM).length, 1);
  });
});

test('what is missing is told before anything is sent', async () => {
  await withServer(async (server, cloud) => {
    cloud.init({ env: 'env-a', endpoint: server.endpoint });
    const wrong = [() => cloud.coupons.claim(), () => cloud.coupons.offer(''), () => cloud.coupons.get({}), () => cloud.coupons.lock({ coupons: [] }),
      () => cloud.coupons.best(), () => cloud.coupons.price({ basket: {} })];
    for (const call of wrong) await assert.rejects(call(), (error) => error.errCode === -401003 && error.problem.code === 'INVALID_PARAMETER');
    await new Promise((resolve) => cloud.coupons.claim('', { fail: (error) => resolve(assert.equal(error.errCode, -401003)) }).catch(() => {}));
    assert.equal(server.requests.length, 0);
  });
});

test('in WeChat with callbacks, in Alipay with a promise', async () => {
  const wx = fakeWechat();
  await withServer(async (server, sampan) => {
    sampan.install({ env: 'env-a', endpoint: server.endpoint });
    server.coupons = { [`POST ${CLAIM}`]: () => GIVEN, 'GET /v1/coupons/batches': () => ({ batches: [] }) };
    const answer = await new Promise((resolve, reject) => wx.cloud.coupons.claim('cpb-a', { success: resolve, fail: reject }));
    assert.equal(answer.coupon.id, 'cpn-1');
    assert.deepEqual(Object.keys(bodies(server, CLAIM)[0]), ['outBizNo'], 'callbacks are not sent');
  }, { wx });
  const my = fakeAlipay();
  await withServer(async (server, sampan) => {
    sampan.install({ env: 'env-a', endpoint: server.endpoint });
    server.coupons = { 'GET /v1/coupons/batches': () => ({ batches: [] }) };
    const context = my.cloud.createCloudContext({ env: 'old' });
    assert.deepEqual(await context.coupons.offers(), { batches: [], requestID: 'r-server' });
    await assert.rejects(context.coupons.get('cpn-unknown'), (error) => error.error === 60005 && error.errCode === 'COUPON_NOT_FOUND');
  }, { my });
});

test('every call is typed', () => {
  const { createCoupons, PAGE_STEPS, FUNCTION_STEPS } = require('../../shared/coupons');
  const typed = (file, name) => {
    const [, body] = require('node:fs').readFileSync(require.resolve(file), 'utf8').split(`export interface ${name}<`);
    return [...new Set([...body.split(/\n *\}\n/)[0].matchAll(/^ +(\w+)\(/gm)].map(([, member]) => member))].sort();
  };
  const none = () => {};
  assert.deepEqual(typed('../sampan.d.ts', 'Coupons'), Object.keys(createCoupons(PAGE_STEPS, none)).sort());
  assert.deepEqual(typed('../../functions/coupons.d.ts', 'FunctionCoupons'), Object.keys(createCoupons(FUNCTION_STEPS, none)).sort());
});
