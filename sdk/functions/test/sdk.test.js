'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WorkerHarness, KIND } = require('./worker-harness');

async function withWorker(code, body, settings) {
  const harness = await WorkerHarness.start();
  try {
    const loaded = await harness.specialise({ 'index.js': code }, settings);
    assert.equal(loaded.kind, KIND.specialised, loaded.text);
    await body(harness);
  } finally {
    await harness.stop();
  }
}

/** A function that runs the source it is sent with `cloud` in scope, and answers results and errors alike. */
function evaluator(setup) {
  return `${setup}
    exports.main = async ({ source }) => {
      try {
        return { value: await eval('(async () => ' + source + ')()') };
      } catch (error) {
        return { error: { ...error, message: error.message, isError: error instanceof Error } };
      }
    };`;
}

const WECHAT = evaluator("const cloud = require('wx-server-sdk'); cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV }); const db = cloud.database(); const _ = db.command;");
const ALIPAY = evaluator("const cloud = require('@alipay/faas-server-sdk'); cloud.init(); const db = cloud.database(); const _ = db.command;");
const TENCENT = evaluator("const tcb = require('@cloudbase/node-sdk'); const app = tcb.init({ env: tcb.SYMBOL_CURRENT_ENV }); const db = app.database();");

let nextId = 1;
function run(harness, source, meta) {
  nextId += 1;
  return harness.run(nextId, { source }, meta);
}

const refusal = (status, code, detail, more) => ({ type: 'about:blank', title: 't', status, code, detail, requestId: 'r-x', ...more });

test('a database call travels with its invocation and comes back in WeChat\'s shape', async () => {
  await withWorker(WECHAT, async (harness) => {
    harness.answer('database', () => ({ data: [{ _id: '1', at: { $date: 1000 } }] }));
    const { value } = await run(harness, "db.collection('goods').where({ price: _.lt(100) }).get().then((r) => [r, r.data[0].at instanceof Date])");
    assert.deepEqual(value, [{ data: [{ _id: '1', at: '1970-01-01T00:00:01.000Z' }], errMsg: 'collection.get:ok' }, true]);
    const [call] = harness.calls('database');
    assert.equal(call.invocation, nextId);
    assert.deepEqual(call.parameters, { op: 'get', collection: 'goods', where: { price: { $lt: 100 } }, limit: 100 });
  });
});

test('calls of code that runs while the module loads have no invocation', async () => {
  const code = "const db = require('wx-server-sdk').database(); db.createCollection('c').then(() => console.log('created')); exports.main = () => 1;";
  const harness = await WorkerHarness.start();
  harness.answer('database', () => ({ created: true }));
  await harness.specialise({ 'index.js': code });
  await harness.next(({ kind }) => kind === KIND.log);
  assert.equal(harness.calls('database')[0].invocation, 0);
  await harness.stop();
});

test('many database calls of many invocations find their way back', async () => {
  const code = `const db = require('wx-server-sdk').database();
    exports.main = async ({ n }) => {
      const answers = await Promise.all([1, 2, 3].map((k) => db.collection('c').doc(n + '-' + k).get()));
      return answers.map(({ data }) => data._id);
    };`;
  await withWorker(code, async (harness) => {
    harness.answer('database', async ({ id }) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      return { data: { _id: id } };
    });
    const answers = await Promise.all(Array.from({ length: 30 }, (unused, n) => harness.run(n + 1, { n })));
    answers.forEach((ids, n) => assert.deepEqual(ids, [`${n}-1`, `${n}-2`, `${n}-3`]));
  });
});

test('WeChat: callFunction and its errors', async () => {
  await withWorker(WECHAT, async (harness) => {
    harness.answer('callFunction', ({ name, data }) => {
      if (name === 'none') throw refusal(404, 'FUNCTION_NOT_FOUND', 'There is no function named "none".');
      if (name === 'bad') throw refusal(500, 'FUNCTION_ERROR', 'boom');
      return name === 'void' ? undefined : { sum: data.a + 1 };
    });
    assert.deepEqual((await run(harness, "cloud.callFunction({ name: 'sum', data: { a: 1 } })", { requestId: 'r-7' })).value,
      { result: { sum: 2 }, errMsg: 'callFunction:ok', requestID: 'r-7' });
    assert.equal((await run(harness, "cloud.callFunction({ name: 'void' })")).value.result, null);
    const { error } = await run(harness, "cloud.callFunction({ name: 'none' })");
    assert.equal(error.errCode, -501000);
    assert.equal(error.errMsg, 'callFunction:fail -501000 There is no function named "none".');
    assert.equal(error.isError, true);
    assert.equal((await run(harness, "cloud.callFunction({ name: 'bad' })")).error.errCode, -504002);
    assert.equal((await run(harness, 'cloud.callFunction({})')).error.errCode, -401003);
    const circular = "(() => { const a = {}; a.a = a; return cloud.callFunction({ name: 'sum', data: a }); })()";
    assert.equal((await run(harness, circular)).error.errCode, -402002);
  });
});

test('WeChat: files travel as bytes', async () => {
  await withWorker(WECHAT, async (harness) => {
    const stored = {};
    harness.answer('file.upload', ({ cloudPath }, { attachment }) => {
      stored[cloudPath] = attachment;
      return { fileID: `cloud://env-test/${cloudPath}`, size: attachment.length };
    });
    harness.answer('file.download', ({ fileID }) => stored[fileID.slice('cloud://env-test/'.length)]);
    harness.answer('file.urls', ({ fileList }) => ({ fileList: fileList.map((fileID) => ({ fileID, tempFileURL: `https://x/${fileID}`, maxAge: 3600, status: 0, errMsg: 'ok' })) }));
    harness.answer('file.delete', ({ fileList }) => ({ fileList: fileList.map((fileID) => ({ fileID, status: 0, errMsg: 'ok' })) }));
    assert.deepEqual((await run(harness, "cloud.uploadFile({ cloudPath: 'a/b.bin', fileContent: Buffer.from([0, 255, 10, 13]) })")).value,
      { fileID: 'cloud://env-test/a/b.bin', statusCode: 200, errMsg: 'uploadFile:ok' });
    assert.deepEqual([...stored['a/b.bin']], [0, 255, 10, 13]);
    await run(harness, "cloud.uploadFile({ cloudPath: 's', fileContent: require('stream').Readable.from([Buffer.from('ab'), Buffer.from('cd')]) })");
    assert.equal(stored.s.toString(), 'abcd');
    assert.deepEqual((await run(harness, "cloud.downloadFile({ fileID: 'cloud://env-test/a/b.bin' }).then((r) => [[...r.fileContent], r.statusCode])")).value,
      [[0, 255, 10, 13], 200]);
    assert.deepEqual((await run(harness, "cloud.getTempFileURL({ fileList: ['f'] })")).value,
      { fileList: [{ fileID: 'f', tempFileURL: 'https://x/f', maxAge: 3600, status: 0, errMsg: 'ok' }], errMsg: 'getTempFileURL:ok' });
    assert.deepEqual((await run(harness, "cloud.deleteFile({ fileList: ['f'] })")).value, { fileList: [{ fileID: 'f', status: 0, errMsg: 'ok' }], errMsg: 'deleteFile:ok' });
    assert.match((await run(harness, 'cloud.deleteFile({ fileList: Array(51).fill("f") })')).error.errMsg, /at most 50/);
  });
});

test('WeChat: getWXContext', async () => {
  await withWorker(WECHAT, async (harness) => {
    const meta = { openid: 'o', unionid: 'u', appid: 'wx1', platform: 'wechat', clientIp: '1.2.3.4' };
    assert.deepEqual((await run(harness, 'cloud.getWXContext()', meta)).value,
      { ENV: 'env-test', SOURCE: 'wx_client', OPENID: 'o', APPID: 'wx1', UNIONID: 'u', CLIENTIP: '1.2.3.4', CLIENTIPV6: '::ffff:1.2.3.4' });
    assert.deepEqual((await run(harness, 'cloud.getWXContext()', { source: 'timer' })).value, { ENV: 'env-test', SOURCE: 'wx_trigger' });
  });
});

test('WeChat: openapi at any depth, in camelCase', async () => {
  await withWorker(WECHAT, async (harness) => {
    harness.answer('openapi', ({ api }) => {
      if (api === 'wxacode.getUnlimited') return Buffer.from([0x89, 0x50, 1, 2]);
      if (api === 'bad.call') return { errcode: 40001, errmsg: 'invalid credential' };
      if (api === 'risky.text') {
        throw refusal(502, 'PLATFORM_REFUSED', 'WeChat refused: 87014 risky', { platformCode: '87014', platformMessage: 'risky' });
      }
      if (api === 'not.set') throw refusal(501, 'PLATFORM_NOT_CONFIGURED', 'Set the app id and secret first.');
      return { errcode: 0, errmsg: 'ok', trace_id: 't', result: { suggest_label: 'pass' } };
    });
    const source = "cloud.openapi.security.msgSecCheck({ openid: 'o', content: 'x', mediaType: 2, data: { someThing: 1 }, media: { value: Buffer.from('pic') } })";
    assert.deepEqual((await run(harness, source)).value, { errCode: 0, errMsg: 'openapi.security.msgSecCheck:ok', traceId: 't', result: { suggestLabel: 'pass' } });
    assert.deepEqual(harness.calls('openapi')[0].parameters, {
      platform: 'wechat', api: 'security.msgSecCheck',
      params: { openid: 'o', content: 'x', media_type: 2, data: { someThing: 1 }, media: { value: { $base64: 'cGlj' } } },
    });
    assert.deepEqual((await run(harness, "cloud.openapi({ appid: 'x' }).wxacode.getUnlimited({}).then((r) => [r.contentType, r.buffer.length])")).value, ['image/png', 4]);
    const { error } = await run(harness, 'cloud.openapi.bad.call({})');
    assert.deepEqual([error.errCode, error.errMsg], [40001, 'openapi.bad.call:fail 40001 invalid credential']);
    const refused = (await run(harness, 'cloud.openapi.risky.text({})')).error;
    assert.deepEqual([refused.errCode, refused.errMsg], [87014, 'openapi.risky.text:fail 87014 risky']);
    assert.match((await run(harness, 'cloud.openapi.not.set({})')).error.errMsg, /Set the app id and secret first/);
    assert.equal((await run(harness, 'typeof (await cloud.openapi)')).value, 'function');
  });
});

test('WeChat: payment and open data say why they do not work', async () => {
  await withWorker(WECHAT, async (harness) => {
    harness.answer('pay', () => {
      throw refusal(501, 'PAYMENT_NOT_CONFIGURED', 'Set up a payment channel first.');
    });
    assert.match((await run(harness, "cloud.cloudPay.unifiedOrder({ body: 'x' })")).error.errMsg, /cloudPay\.unifiedOrder:fail .*payment channel/);
    assert.deepEqual(harness.calls('pay')[0].parameters, { api: 'unifiedOrder', params: { body: 'x' } });
    assert.match((await run(harness, "cloud.getOpenData({ list: ['id'] })")).error.errMsg, /CloudID.*getPhoneNumber/);
    assert.match((await run(harness, 'cloud.registerService({})')).error.errMsg, /registerService:fail .*only WeChat/);
  });
});

test('WeChat: the names of other environments have no effect, and are mentioned once', async () => {
  await withWorker(WECHAT, async (harness) => {
    await run(harness, "cloud.init({ env: 'prod-8abc' })");
    await run(harness, "cloud.init({ env: 'prod-8abc' })");
    const lines = harness.frames.filter(({ kind }) => kind === KIND.log).map(({ body }) => body.toString('utf8', 1));
    assert.equal(lines.filter((line) => line.includes('prod-8abc')).length, 1);
    const { error } = await run(harness, "(async () => { const c = new cloud.Cloud({ resourceEnv: 'other' }); await c.init(); })()");
    assert.match(error.errMsg, /cannot reach the environment other/);
    assert.equal((await run(harness, "(async () => { const c = new cloud.Cloud({}); await c.init(); return typeof c.database; })()")).value, 'function');
  });
});

test('Alipay: arrays, counts, calls and files', async () => {
  await withWorker(ALIPAY, async (harness) => {
    harness.answer('database', ({ op }) => ({ get: { data: [{ _id: '1' }] }, add: { id: '2' }, update: { matched: 3, updated: 3 } })[op]);
    harness.answer('callFunction', () => 5);
    harness.answer('file.urls', ({ fileList }) => ({ fileList: fileList.map((fileID) => ({ fileID, tempFileURL: 'u', maxAge: 1, status: 0, errMsg: 'ok' })) }));
    assert.deepEqual((await run(harness, "db.collection('c').where({ _openid: cloud.getAlipayContext().OPENID }).projection({ a: true }).get()", { openid: 'o' })).value, [{ _id: '1' }]);
    assert.deepEqual(harness.calls('database')[0].parameters, { op: 'get', collection: 'c', where: { _openid: 'o' }, projection: { a: 1 }, limit: 100 });
    assert.deepEqual((await run(harness, "db.collection('c').add({ data: { a: 1 } })")).value, { _id: '2' });
    assert.deepEqual((await run(harness, "db.collection('c').where({ a: 1 }).update({ data: { a: _.inc(1) } })")).value, { count: 3 });
    assert.deepEqual((await run(harness, "cloud.callFunction({ name: 'f' })", { requestId: 'r-5' })).value, { result: 5, requestId: 'r-5', requestID: 'r-5' });
    assert.deepEqual((await run(harness, "cloud.getTempFileURL({ fileList: ['f'] })", { requestId: 'r-6' })).value,
      { fileList: [{ fileID: 'f', tempFileURL: 'u', maxAge: 1, status: 0, errMsg: 'ok', resultMessage: 'ok' }], resultMessage: 'ok', requestID: 'r-6' });
  });
});

test('Alipay: files as a plain list, the names of orders, and writes to a whole collection', async () => {
  await withWorker(ALIPAY, async (harness) => {
    const answerFor = ({ fileList }) => ({ fileList: fileList.map((fileID) => ({ fileID, status: 0, errMsg: 'ok' })) });
    harness.answer('file.urls', answerFor);
    harness.answer('file.delete', answerFor);
    harness.answer('database', ({ op }) => ({ get: { data: [] }, update: { matched: 2, updated: 2 }, remove: { removed: 2 } })[op]);
    assert.equal((await run(harness, "cloud.getTempFileURL(['f'])")).value.fileList[0].fileID, 'f');
    assert.equal((await run(harness, "cloud.deleteFile(['g'])")).value.fileList[0].errMsg, 'ok');
    await run(harness, "db.collection('c').orderBy('at', cloud.Sort.DESC).orderBy('n', cloud.Sort.ASC).get()");
    assert.deepEqual((await run(harness, "db.collection('c').update({ data: { a: 1 } })")).value, { count: 2 });
    assert.deepEqual((await run(harness, "db.collection('c').remove()")).value, { count: 2 });
    const [read, update, remove] = harness.calls('database').map(({ parameters }) => parameters);
    assert.deepEqual(read.orderBy, [['at', 'desc'], ['n', 'asc']]);
    assert.deepEqual([update.where, update.update, remove.where], [{}, { $set: { a: 1 } }, {}]);
  });
});

test('Alipay: a failed call, the open API and what is not there', async () => {
  await withWorker(ALIPAY, async (harness) => {
    harness.answer('callFunction', () => {
      throw refusal(500, 'FUNCTION_ERROR', 'boom');
    });
    harness.answer('openapi', ({ api, params, appAuthToken }) => ({ code: '10000', api, params, appAuthToken }));
    const { error } = await run(harness, "cloud.callFunction({ name: 'f' })");
    assert.deepEqual([error.code, error.errCode, error.error, error.errorMessage], ['CALL_FUNCTION_ERR', 'FUNCTION_ERROR', 60005, 'boom']);
    assert.deepEqual((await run(harness, "cloud.getOpenapiCaller().execute('alipay.trade.query', { out_trade_no: '1' }, { appAuthToken: 't' })")).value,
      { code: '10000', api: 'alipay.trade.query', params: { out_trade_no: '1' }, appAuthToken: 't' });
    assert.equal((await run(harness, "cloud.openapi.system.oauth.token({ code: 'c' })")).value.api, 'alipay.system.oauth.token');
    assert.deepEqual((await run(harness, "cloud.openapi.alipaySystemOauthToken.request({ code: 'c' }, { appAuthToken: 't' })")).value,
      { code: '10000', api: 'alipay.system.oauth.token', params: { code: 'c' }, appAuthToken: 't' });
    for (const wrapped of ["{ biz_content: { url_param: 'p' } }", "{ bizContent: JSON.stringify({ url_param: 'p' }) }"]) {
      const { value } = await run(harness, `cloud.openapi.alipayOpenAppQrcodeCreate.request(${wrapped})`);
      assert.deepEqual([value.api, value.params], ['alipay.open.app.qrcode.create', { url_param: 'p' }]);
    }
    assert.equal((await run(harness, 'cloud.openapi.zolozAuthenticationSmilepayInitialize.request({})')).value.api,
      'zoloz.authentication.smilepay.initialize');
    assert.match((await run(harness, 'cloud.redis()')).error.errorMessage, /Redis is not part/);
  });
});

test('Tencent: app, shapes and caller', async () => {
  await withWorker(TENCENT, async (harness) => {
    harness.answer('database', ({ op }) => ({ get: { data: { _id: '1' } }, remove: { removed: 2 }, add: { id: '9' } })[op]);
    assert.deepEqual((await run(harness, "db.collection('c').doc('1').get()", { requestId: 'r-1' })).value, { data: [{ _id: '1' }], requestId: 'r-1' });
    assert.deepEqual((await run(harness, "db.collection('c').where({ a: 1 }).remove()", { requestId: 'r-2' })).value, { deleted: 2, requestId: 'r-2' });
    assert.deepEqual((await run(harness, "db.collection('c').add({ a: { b: 1 } })", { requestId: 'r-3' })).value, { id: '9', requestId: 'r-3' });
    assert.equal((await run(harness, 'app.auth().getUserInfo().openId', { openid: 'o' })).value, 'o');
    assert.equal((await run(harness, 'app.auth().getEndUserInfo().userInfo.uid', { openid: 'o' })).value, 'o');
    assert.match((await run(harness, "app.auth().getEndUserInfo('u').catch((error) => error.message)")).value, /without a uid/);
    assert.equal((await run(harness, "require('@cloudbase/node-sdk').getCloudbaseContext().TCB_SOURCE_IP", { clientIp: '10.0.0.7' })).value, '10.0.0.7');
    assert.equal((await run(harness, "typeof require('tcb-admin-node').database")).value, 'function');
  });
});

test('structured loggers write JSON lines', async () => {
  await withWorker(WECHAT, async (harness) => {
    await run(harness, "cloud.logger().warn({ order: 1 })");
    assert.deepEqual(harness.logs(nextId).map(({ level, text }) => [level, text]), [[2, '{"order":1}']]);
  });
});

test('coupons in the platforms\' own words go to the server as they are', async () => {
  const setups = { wechat: [WECHAT, 'cloud'], alipay: [ALIPAY, 'cloud'], tencent: [TENCENT, 'app'] };
  for (const [name, [code, cloud]] of Object.entries(setups)) {
    await withWorker(code, async (harness) => {
      harness.answer('coupons', ({ op }) => (op === 'alipay' ? { code: '40004', sub_code: 'COUPON_STOPPED' } : { stock_id: 'cpb-a' }));
      const used = await run(harness, `${cloud}.coupons.alipay('alipay.marketing.activity.ordervoucher.use', { voucher_code: 'c' })`);
      assert.equal(used.value.sub_code, 'COUPON_STOPPED', name);
      await run(harness, `${cloud}.coupons.alipay('m', '{"a":1}')`);
      const stock = await run(harness, `${cloud}.coupons.wechat('GET', '/v3/marketing/busifavor/stocks/cpb-a')`);
      assert.equal(stock.value.stock_id, 'cpb-a', name);
      assert.deepEqual(harness.calls('coupons').map(({ parameters }) => parameters), [
        { op: 'alipay', method: 'alipay.marketing.activity.ordervoucher.use', bizContent: { voucher_code: 'c' } },
        { op: 'alipay', method: 'm', bizContent: { a: 1 } },
        { op: 'wechat', method: 'GET', path: '/v3/marketing/busifavor/stocks/cpb-a', body: {} },
      ], name);
      for (const source of ["alipay('')", "alipay('m', [])", "alipay('m', '{')", "wechat('GET')", "wechat('GET', '/x', 5)"]) {
        assert.match((await run(harness, `${cloud}.coupons.${source}`)).error.message, /needs/, `${name} ${source}`);
      }
      assert.equal(harness.calls('coupons').length, 3, name);
    });
  }
});
