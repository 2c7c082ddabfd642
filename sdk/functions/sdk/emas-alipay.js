'use strict';

/** `ctx.cloud.*`: groups of named calls, each one API of Alipay's open platform with its arguments in order. */

const { tencentError } = require('../../shared/problems');

// path → [API, names of the arguments, fixed parameters]
const CALLS = {
  'base.oauth.getToken': ['alipay.system.oauth.token', ['code'], { grant_type: 'authorization_code' }],
  'base.oauth.refreshToken': ['alipay.system.oauth.token', ['refresh_token'], { grant_type: 'refresh_token' }],
  'base.qrcode.create': ['alipay.open.app.qrcode.create', ['url_param', 'query_param', 'describe']],
  'marketing.templateMessage.send': [
    'alipay.open.app.mini.templatemessage.send', ['to_user_id', 'form_id', 'user_template_id', 'page', 'data'],
  ],
  'member.identification.init': ['alipay.user.certify.open.initialize', ['outer_order_no', 'biz_code', 'identity_param', 'merchant_config']],
  'member.identification.certify': ['alipay.user.certify.open.certify', ['certify_id']],
  'member.identification.query': ['alipay.user.certify.open.query', ['certify_id']],
  'payment.common.create': ['alipay.trade.create', ['subject', 'out_trade_no', 'total_amount', 'buyer_id']],
  'payment.common.query': ['alipay.trade.query', ['out_trade_no']],
  'payment.common.refund': ['alipay.trade.refund', ['out_trade_no', 'refund_amount']],
  'payment.common.close': ['alipay.trade.close', ['out_trade_no']],
  'payment.common.cancel': ['alipay.trade.cancel', ['out_trade_no']],
  'payment.huabei.create': ['alipay.trade.create', ['subject', 'out_trade_no', 'total_amount', 'buyer_id', 'extend_params']],
  'payment.faceToFace.pay': [
    'alipay.trade.pay', ['subject', 'out_trade_no', 'total_amount', 'auth_code'], { scene: 'bar_code' },
  ],
  'security.textRisk.detect': ['alipay.security.risk.content.detect', ['content']],
  'fund.transferAccount.transfer': [
    'alipay.fund.trans.uni.transfer', ['out_biz_no', 'trans_amount', 'payee_info', 'order_title'],
    { product_code: 'TRANS_ACCOUNT_NO_PWD', biz_scene: 'DIRECT_TRANSFER' },
  ],
  'fund.transferAccount.query': ['alipay.fund.trans.common.query', ['out_biz_no']],
  'fund.transferBankcard.transfer': [
    'alipay.fund.trans.uni.transfer', ['out_biz_no', 'trans_amount', 'payee_info', 'order_title'],
    { product_code: 'TRANS_BANKCARD_NO_PWD', biz_scene: 'DIRECT_TRANSFER' },
  ],
  'fund.transferBankcard.query': ['alipay.fund.trans.common.query', ['out_biz_no']],
  'fund.b2cRedPacket.send': [
    'alipay.fund.trans.uni.transfer', ['out_biz_no', 'trans_amount', 'payee_info', 'order_title'],
    { product_code: 'STD_RED_PACKET', biz_scene: 'DIRECT_TRANSFER' },
  ],
  'fund.b2cRedPacket.query': ['alipay.fund.trans.common.query', ['out_biz_no']],
};

function createAlipayCalls(platform) {
  const execute = async (api, params, appAuthToken) => {
    const request = { platform: 'alipay', api, params };
    if (appAuthToken) request.appAuthToken = appAuthToken;
    try {
      return await platform.openapi(request);
    } catch (error) {
      throw tencentError(error);
    }
  };
  const cloud = {};
  for (const [path, call] of Object.entries(CALLS)) place(cloud, path.split('.'), namedCall(execute, call));
  place(cloud, ['util', 'generic', 'execute'], (api, params, options) => execute(api, params || {}, options && options.appAuthToken));
  return cloud;
}

function namedCall(execute, [api, names, fixed]) {
  return (...values) => {
    const params = { ...fixed };
    names.forEach((name, index) => {
      if (values[index] !== undefined) params[name] = values[index];
    });
    // One more argument after the API's own carries options.
    const options = values[names.length];
    return execute(api, params, options && options.appAuthToken);
  };
}

function place(root, names, value) {
  let at = root;
  for (const name of names.slice(0, -1)) {
    if (at[name] === undefined) at[name] = {};
    at = at[name];
  }
  at[names[names.length - 1]] = value;
}

module.exports = { createAlipayCalls };
