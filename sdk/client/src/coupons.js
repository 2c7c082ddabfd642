'use strict';

/** Coupons over the client API (docs/api/wire.md). */

const LIST = '/v1/coupons';

/** Which request an operation of `cloud.coupons` is. */
function couponRequest(op, members, newNumber) {
  const { batch, id } = members;
  switch (op) {
    case 'offers': return { method: 'GET', path: `${LIST}/batches` };
    case 'offer': return { method: 'GET', path: `${LIST}/batches/${encodeURIComponent(batch)}` };
    case 'get': return { method: 'GET', path: `${LIST}/${encodeURIComponent(id)}` };
    case 'mine': return { method: 'GET', path: LIST + query(members, ['status', 'limit']) };
    case 'invitation': return { method: 'POST', path: `${LIST}/batches/${encodeURIComponent(batch)}/invitation`, body: '{}' };
    case 'claim': return batch === undefined ? { method: 'POST', path: `${LIST}/claim`, body: numbered(members, newNumber, []) } : { method: 'POST', path: `${LIST}/batches/${encodeURIComponent(batch)}/claim`, body: numbered(members, newNumber, ['batch']) };
    case 'best':
    case 'price': return { method: 'POST', path: `${LIST}/${op}`, body: JSON.stringify(members) };
    default: return { method: 'POST', path: `${LIST}/${op}`, body: numbered(members, newNumber, []) };
  }
}

function query(members, names) {
  const parts = names.filter((name) => members[name] !== undefined).map((name) => `${name}=${encodeURIComponent(members[name])}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Each step has a number, so that one whose answer was lost can be sent again and is taken once. */
function numbered(members, newNumber, leftOut) {
  const body = Object.assign({ outBizNo: newNumber() }, members);
  for (const name of leftOut) delete body[name];
  return JSON.stringify(body);
}

module.exports = { couponRequest };
