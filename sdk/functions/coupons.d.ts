// Types of `cloud.coupons` in cloud functions, whichever flavour of the SDK they require. What pages have, too, is in client/sampan.d.ts.

import type sampan = require('../client/sampan');

/** A step of the ledger, for reconciliation and whoever follows what happens. */
export interface CouponEntry {
  number: number;
  step: 'claim' | 'lock' | 'release' | 'redeem' | 'refund' | 'expire' | 'void' | 'freeze' | 'unfreeze' | 'batch';
  at: number;
  batch: string;
  coupon?: string;
  user?: string;
  status?: sampan.CouponStatus;
  amount?: number;
  balance?: number;
  order?: string;
  outBizNo?: string;
  channel?: string;
  shop?: string;
  inviter?: string;
}
/**
 * `cloud.coupons` in a cloud function: what pages have, for any `user`, and what only the shop may do. `outBizNo` is said by the function; make it
 * of the order, so that a repeat of the call is a repeat of the step.
 */
export interface FunctionCoupons<Extra = {}> {
  offers(options?: { user?: string }): Promise<Extra & { batches: sampan.CouponOffer[] }>;
  offer(batch: string, options?: { user?: string }): Promise<Extra & sampan.CouponOffer>;
  claim(batch: string, options?: sampan.CouponClaim & { user?: string; level?: string }): Promise<Extra & { coupon: sampan.ClaimedCoupon; repeat: boolean }>;
  claimByCode(code: string, options?: sampan.CouponClaim & { user?: string; level?: string }): Promise<Extra & { coupon: sampan.ClaimedCoupon; repeat: boolean }>;
  invitation(batch: string, options?: { user?: string }): Promise<Extra & { invitation: string; invited: number }>;
  mine(options?: { user?: string; status?: sampan.CouponStatus; limit?: number }): Promise<Extra & { coupons: sampan.Coupon[]; now: number }>;
  get(id: string, options?: { user?: string }): Promise<Extra & sampan.Coupon>;
  /** The coupon that goes by an uploaded code, or was claimed with a code. */
  getByCode(code: string): Promise<Extra & sampan.Coupon>;
  best(options: { basket: sampan.Basket; user?: string }): Promise<Extra & sampan.CouponCombination>;
  price(options: { basket: sampan.Basket; coupons: string | string[]; user?: string }): Promise<Extra & sampan.CouponCombination>;
  lock(options: FunctionCouponStep & { order: string; seconds?: number }): Promise<Extra & CouponReceipts>;
  release(options: FunctionCouponStep & { order: string }): Promise<Extra & CouponReceipts>;
  /** `amounts`: what each took off, in the order of `coupons`; `amount` where it is one. */
  redeem(options: FunctionCouponStep & { order: string; amount?: number; amounts?: number[]; shop?: string }): Promise<Extra & CouponReceipts>;
  /** Takes the uses of an order back; the receipts say what each coupon is then. */
  refund(options: FunctionCouponStep & { order: string }): Promise<Extra & CouponReceipts>;
  void(options: FunctionCouponStep): Promise<Extra & CouponReceipts>;
  freeze(options: FunctionCouponStep): Promise<Extra & CouponReceipts>;
  unfreeze(options: FunctionCouponStep): Promise<Extra & CouponReceipts>;
  entries(
    options?: { after?: number; batch?: string; coupon?: string; limit?: number },
  ): Promise<Extra & { entries: CouponEntry[]; next: number }>;
  /**
   * Alipay's merchant coupons in Alipay's own words: `alipay('alipay.marketing.activity.ordervoucher.send', {activity_id, …})`. Answers the
   * method's response with `code` `10000`; a refusal is answered as well, with `sub_code` and `sub_msg`.
   */
  alipay(method: string, bizContent?: object | string): Promise<Extra & AlipayCouponResponse>;
  /**
   * WeChat's merchant coupons in WeChat's own words: `wechat('POST', '/v3/marketing/busifavor/coupons/use', {coupon_code, …})`. A refusal is thrown.
   */
  wechat(method: string, path: string, body?: object | string): Promise<Extra & Record<string, unknown>>;
}
export interface AlipayCouponResponse {
  code: string;
  msg: string;
  sub_code?: string;
  sub_msg?: string;
  [field: string]: unknown;
}
export interface FunctionCouponStep {
  /** Up to 20; all of them take the step, or none. */
  coupons: string | string[];
  outBizNo?: string;
  /** Whose they must be; otherwise whoever has them. */
  user?: string;
}
export interface CouponReceipts { coupons: sampan.CouponReceipt[]; repeat: boolean }
