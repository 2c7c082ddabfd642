// Types of the Sampan client SDK (sampan.js): Alipay's and WeChat's cloud APIs for mini programs, browsers and Node.

declare const sampan: sampan.Cloud;
export = sampan;
export as namespace sampan;

declare namespace sampan {
  export interface Settings {
    /** The environment, `env-…`. */
    env?: string;
    /** The server's address, for example `https://cloud.example.com`. */
    endpoint?: string;
    /** Development login as this user, where the environment allows it. */
    user?: string;
    /** Language of error messages: `zh` or `en`. */
    language?: string;
    /** Milliseconds for one request; functions and files have longer limits of their own. */
    timeout?: number;
    /** Where the session is kept instead of the platform's storage. */
    storage?: { get(key: string): string | null; set(key: string, value: string): void; remove(key: string): void };
    /** Where there is a line, calls wait for the user's turn, or fail with `WAITING_ROOM`. */
    waitingRoom?: 'wait' | 'fail';
  }

  export interface Callbacks<Result, Failure> {
    success?(result: Result): void;
    fail?(error: Failure): void;
    complete?(value: Result | Failure): void;
  }

  /** Sampan's own description of an error, on every error as `problem`. */
  export interface Problem {
    status: number;
    code: string;
    message: string;
    remedy: string;
    requestId: string;
    retryAfterSeconds: number;
  }

  export interface WechatError extends Error {
    errCode: number;
    errMsg: string;
    requestID: string;
    readonly problem: Problem;
  }

  export interface AlipayError extends Error {
    error: number;
    errorMessage: string;
    requestID: string;
    readonly problem: Problem;
  }

  type Options<Parameters, Result, Failure> = Parameters & Callbacks<Result, Failure>;
  type Fields = Record<string, any>;

  // Files

  export interface ListedFile { fileID: string; status: number; errMsg?: string; resultMessage?: string }
  export interface AddressedFile extends ListedFile { tempFileURL: string; maxAge: number }
  export type FileList = Array<string | { fileID: string; maxAge?: number }>;
  /** A path in mini programs and Node, a File or Blob in browsers. */
  export type LocalFile = string | object;

  export interface UploadTask {
    onProgressUpdate(listener: (progress: { progress: number; totalBytesSent: number; totalBytesExpectedToSend: number }) => void): void;
    offProgressUpdate(listener?: Function): void;
    onHeadersReceived(listener: Function): void;
    offHeadersReceived(listener?: Function): void;
    abort(): void;
  }

  // Database

  /** Made by `db.command`; stands where a query or an update wants more than a value. */
  export interface Condition {
    and(...conditions: any[]): Condition;
    or(...conditions: any[]): Condition;
    nor(...conditions: any[]): Condition;
    not(): Condition;
    [operator: string]: (...operands: any[]) => Condition;
  }
  export interface UpdateCommand { readonly operator: string }
  export interface ProjectionCommand { readonly operator: string }
  export interface Expression { readonly name: string }

  export interface Command {
    eq(value: any): Condition; neq(value: any): Condition;
    gt(value: any): Condition; gte(value: any): Condition; lt(value: any): Condition; lte(value: any): Condition;
    in(values: any[]): Condition; nin(values: any[]): Condition;
    and(...conditions: any[]): Condition; or(...conditions: any[]): Condition; nor(...conditions: any[]): Condition; not(condition: any): Condition;
    exists(present: boolean): Condition; mod(divisor: number, remainder: number): Condition; mod(pair: [number, number]): Condition;
    all(values: any[]): Condition; elemMatch(condition: any): Condition; size(length: number): Condition;
    geoNear(options: { geometry: Geometry; maxDistance?: number; minDistance?: number }): Condition;
    geoWithin(options: { geometry?: Geometry; centerSphere?: [Geometry | [number, number], number] }): Condition;
    geoIntersects(options: { geometry: Geometry }): Condition;
    expr(expression: any): Condition; jsonSchema(schema: any): Condition;
    text(search: string | { search: string; language?: string; caseSensitive?: boolean; diacriticSensitive?: boolean }): Condition;
    set(value: any): UpdateCommand;
    /** Set only when an update with `upsert` makes the document. */
    setOnInsert(value: any): UpdateCommand;
    remove(): UpdateCommand; inc(amount: number): UpdateCommand; mul(factor: number): UpdateCommand;
    min(value: any): UpdateCommand; max(value: any): UpdateCommand; rename(name: string): UpdateCommand;
    bit(operation: { and?: number; or?: number; xor?: number }): UpdateCommand;
    push(options: { each: any[]; position?: number; sort?: 1 | -1 | Fields; slice?: number }): UpdateCommand;
    push(...values: any[]): UpdateCommand; unshift(...values: any[]): UpdateCommand; pop(): UpdateCommand; shift(): UpdateCommand;
    /** One value, or `{each: […]}`. */
    addToSet(value: any): UpdateCommand; pull(condition: any): UpdateCommand; pullAll(values: any[]): UpdateCommand;
    project: { slice(count: number, length?: number): ProjectionCommand; elemMatch(condition: any): ProjectionCommand };
    aggregate: { pipeline(): Pipeline } & { [operator: string]: (...operands: any[]) => Expression };
  }

  export interface Geometry { type: string; coordinates: any[]; toJSON?(): { type: string; coordinates: any[] } }
  export interface GeoPoint extends Geometry { readonly longitude: number; readonly latitude: number }
  type Maker<Parts, Shape> = { new (parts: Parts): Shape; (parts: Parts): Shape };
  export interface Geo {
    Point: { new (longitude: number, latitude: number): GeoPoint; (longitude: number, latitude: number): GeoPoint };
    LineString: Maker<any[], Geometry & { readonly points: GeoPoint[] }>;
    /** Each line ends where it begins. */
    Polygon: Maker<any[], Geometry & { readonly lines: Geometry[] }>;
    MultiPoint: Maker<any[], Geometry & { readonly points: GeoPoint[] }>;
    MultiLineString: Maker<any[], Geometry & { readonly lines: Geometry[] }>;
    MultiPolygon: Maker<any[], Geometry & { readonly polygons: Geometry[] }>;
  }

  export interface Stages {
    addFields(fields: Fields): this; bucket(options: Fields): this; bucketAuto(options: Fields): this; count(name: string): this;
    densify(options: Fields): this; documents(list: any): this; facet(pipelines: Record<string, Pipeline | object[]>): this; fill(options: Fields): this;
    geoNear(options: Fields): this; graphLookup(options: Fields): this; group(fields: Fields): this; limit(count: number): this;
    lookup(options: Fields): this; match(conditions: any): this;
    /** Last stage: puts the documents into a collection. Functions only. */
    merge(options: string | Fields): this; out(collection: string | Fields): this;
    project(fields: Fields): this; redact(expression: any): this; replaceRoot(options: Fields): this; replaceWith(expression: any): this;
    sample(options: { size: number }): this; set(fields: Fields): this; setWindowFields(options: Fields): this; skip(count: number): this; sort(fields: Fields): this;
    sortByCount(expression: any): this; unionWith(options: string | Fields): this; unset(fields: any): this; unwind(field: string | Fields): this;
    /** Any stage by its name, `$` included. */
    stage(name: string, body: any): this;
  }
  export interface Pipeline extends Stages { done(): object[] }

  /** The results of one platform's database calls. */
  export interface Results {
    list: any; document: any; count: any; added: any; replaced: any; updated: any; removed: any; aggregated: any; created: any; failure: any;
    values: any; found: any; returned: any; bulk: any;
  }
  /** What `bulkWrite` did; `results` has an answer or `{error}` for each operation. */
  export interface BulkResult { results: any[]; inserted: number; matched: number; updated: number; removed: number; upserted: number }
  export interface WechatResults extends Results {
    /** `more`: there are more documents than were answered. */
    list: { data: Fields[]; errMsg: string; more?: true };
    document: { data: any; errMsg: string };
    count: { total: number; errMsg: string };
    added: { _id?: string | number; _ids?: (string | number)[]; errMsg: string };
    replaced: { _id: string | number; stats: { updated: number; created: number }; errMsg: string };
    updated: { stats: { updated: number }; upsertedId?: string | number; errMsg: string };
    removed: { stats: { removed: number }; errMsg: string };
    aggregated: { list: any[]; errMsg: string };
    created: { errMsg: string };
    values: { data: any[]; errMsg: string };
    found: { data: any; errMsg: string };
    returned: { updated: number; doc: any; errMsg: string };
    bulk: BulkResult & { errMsg: string };
    failure: WechatError;
  }
  export interface AlipayResults extends Results {
    /** `more`: there are more documents than were answered. */
    list: any[] & { readonly more?: true };
    document: any;
    count: { total: number };
    added: { _id?: string | number; _ids?: (string | number)[] };
    replaced: { _id: string | number; count: number };
    updated: { count: number; upsertedId?: string | number };
    removed: { count: number };
    aggregated: any[];
    created: { created: boolean };
    values: any[];
    found: any;
    returned: { updated: number; doc: any };
    bulk: BulkResult;
    failure: AlipayError;
  }

  // Watching

  export interface DocumentChange {
    id: number;
    queueType: 'init' | 'enqueue' | 'dequeue' | 'update';
    dataType: 'init' | 'add' | 'update' | 'replace' | 'remove' | 'limit';
    docId: string | number;
    doc: Fields;
    /** The values of the fields that changed, by their paths: `'room.players'`. A list is one value. */
    updatedFields?: Fields;
    removedFields?: string[];
  }
  export interface Snapshot {
    id: number;
    /** The first snapshot of a watch; later ones have none. */
    type?: 'init';
    /** The whole result as it is now: in its order, without one in the order in which documents came. */
    docs: any[];
    docChanges: DocumentChange[];
  }
  export interface Listener<Failure> {
    onChange(snapshot: Snapshot): void;
    /** The watch has ended. Broken connections are mended without it. */
    onError(error: Failure): void;
  }
  export interface Watcher { close(): Promise<void> }

  // Writing

  /** Fields and commands, MongoDB's operators (`{$set: {…}}`), or a pipeline of stages. */
  type Update = Fields | object[] | Pipeline;
  export interface UpdateOptions {
    data: Update;
    /** Makes the document when none matches. */
    upsert?: boolean;
    /** Conditions for the paths `items.$[name]`. */
    arrayFilters?: Fields[];
  }
  export interface FindOneAndOptions {
    upsert?: boolean;
    /** Which document is answered; `before` is the default. */
    returnDocument?: 'before' | 'after';
  }
  type Target = { id: string | number } | { where: any };
  export type BulkOperation =
    | { add: Fields }
    | { set: { id: string | number; data: Fields } }
    | { update: Target & UpdateOptions & { multi?: boolean } }
    | { replace: Target & { data: Fields; upsert?: boolean } }
    | { remove: Target & { multi?: boolean } };

  /** Sampan's own: changing one document and answering it, as one step. */
  export interface FindOneAnd<R extends Results> {
    findOneAndUpdate(options: Options<UpdateOptions & FindOneAndOptions, R['found'], R['failure']>): Promise<R['found']>;
    findOneAndReplace(options: Options<{ data: Fields } & FindOneAndOptions, R['found'], R['failure']>): Promise<R['found']>;
    findOneAndDelete(options?: Callbacks<R['found'], R['failure']>): Promise<R['found']>;
    /** uniCloud's: answers the document as it is after the update. */
    updateAndReturn(options: Options<{ data: Update }, R['returned'], R['failure']>): Promise<R['returned']>;
  }

  export interface Query<R extends Results> extends FindOneAnd<R> {
    where(conditions: any): Query<R>;
    orderBy(field: string, direction?: 'asc' | 'desc'): Query<R>;
    limit(count: number): Query<R>;
    skip(count: number): Query<R>;
    field(projection: Fields): Query<R>;
    projection(projection: Fields): Query<R>;
    get(options?: Callbacks<R['list'], R['failure']>): Promise<R['list']>;
    count(options?: Callbacks<R['count'], R['failure']>): Promise<R['count']>;
    /** Sampan's own: the values of a field, each once. */
    distinct(field: string, options?: Callbacks<R['values'], R['failure']>): Promise<R['values']>;
    /** `multi: false` changes the first document only. */
    update(options: Options<UpdateOptions & { multi?: boolean }, R['updated'], R['failure']>): Promise<R['updated']>;
    remove(options?: Options<{ multi?: boolean }, R['removed'], R['failure']>): Promise<R['removed']>;
    /** Sends whole documents; `field` does not count, `skip` is an error. */
    watch(listener: Listener<R['failure']>): Watcher;
  }

  export interface Document<R extends Results> extends FindOneAnd<R> {
    field(projection: Fields): Document<R>;
    projection(projection: Fields): Document<R>;
    get(options?: Callbacks<R['document'], R['failure']>): Promise<R['document']>;
    set(options: Options<{ data: Fields }, R['replaced'], R['failure']>): Promise<R['replaced']>;
    update(options: Options<UpdateOptions, R['updated'], R['failure']>): Promise<R['updated']>;
    remove(options?: Callbacks<R['removed'], R['failure']>): Promise<R['removed']>;
    watch(listener: Listener<R['failure']>): Watcher;
  }

  export interface Aggregation<R extends Results> extends Stages {
    end(options?: Callbacks<R['aggregated'], R['failure']>): Promise<R['aggregated']>;
  }

  export interface Collection<R extends Results> extends Query<R> {
    doc(id: string | number): Document<R>;
    add(options: Options<{ data: Fields | Fields[] }, R['added'], R['failure']>): Promise<R['added']>;
    aggregate(): Aggregation<R>;
    /** Sampan's own: up to 1,000 writes in one call; stops at the first failure unless `ordered: false`. */
    bulkWrite(options: Options<{ operations: BulkOperation[]; ordered?: boolean }, R['bulk'], R['failure']>): Promise<R['bulk']>;
  }

  export interface Database<R extends Results> {
    command: Command;
    Geo: Geo;
    RegExp(options: { regexp: string; options?: string }): any;
    serverDate(options?: { offset: number }): any;
    collection(name: string): Collection<R>;
    createCollection(name: string): Promise<R['created']>;
  }

  // Coupons: Sampan's own

  export type CouponStatus = 'held' | 'locked' | 'redeemed' | 'expired' | 'voided';
  /** Money is in the smallest unit of the currency (fen). */
  export type CouponValue =
    | { type: 'amount'; amount: number }
    | { type: 'discount'; percentOff: number; ceiling?: number }
    | { type: 'specialPrice'; price: number; quantity: number }
    | { type: 'exchange'; quantity: number }
    | { type: 'gift'; goods: string; name: string; worth: number }
    | { type: 'storedValue'; amount: number };
  /** Between two moments, or so many days beginning `afterDays` after the claim. */
  export type CouponValidity = { from: number; until: number } | { days: number; afterDays: number; wholeDays: boolean };
  /** What is not named is everything. */
  export interface CouponScope {
    goods?: string[]; categories?: string[]; excludedGoods?: string[]; excludedCategories?: string[]; shops?: string[]; channels?: string[]; levels?: string[];
  }
  /** `weekdays`: 1 is Monday. `hours`: `14:00`. */
  export interface CouponUseTimes { weekdays?: number[]; hours?: Array<{ from: string; until: string }>; excludedDates?: string[] }
  /** What keeps a coupon from a basket. */
  export type CouponObstacle =
    | 'shop' | 'channel' | 'level' | 'scope' | 'spend' | 'spendAfterOthers' | 'nothingToReduce' | 'nothingLeft' | 'others' | 'batchLimit' | 'orderLimit'
    | 'betterWithout' | 'repeated';
  /** A batch as users see it; moments are milliseconds since 1970. */
  export interface CouponOffer {
    id: string;
    name: string;
    description: string;
    value: CouponValue;
    minimumSpend: number;
    status: 'soon' | 'open' | 'soldOut' | 'paused' | 'closed';
    opensAt: number;
    closesAt: number;
    validity: CouponValidity;
    limits: { perUser: number | null; perDay?: number; perWeek?: number; perDevice?: number };
    stock: number;
    left: number;
    /** What it is for; absent: everything, always. */
    scope?: CouponScope;
    useTimes?: CouponUseTimes;
    /** What a claim must bring. */
    needs?: 'code' | 'link' | 'invitation';
    /** How many of them the user has. */
    mine: number;
    /** The server's clock, for a countdown. */
    now: number;
  }
  /** `needs` of the offer says which of `code`, `link` (with its `channel`) and `invitation` must be brought. */
  export interface CouponClaim {
    outBizNo?: string; device?: string; channel?: string; code?: string; link?: string; invitation?: string; timeout?: number;
  }
  /** `code`: the merchant's own, by which it goes. */
  export interface ClaimedCoupon { id: string; status: CouponStatus; claimedAt: number; from: number; until: number; code?: string }
  export interface Coupon extends ClaimedCoupon {
    batch: string;
    name: string;
    value: CouponValue;
    /** What is left of stored value. */
    balance?: number;
    minimumSpend?: number;
    scope?: CouponScope;
    useTimes?: CouponUseTimes;
    frozen?: boolean;
    /** The order that it is locked for. */
    order?: string;
    lockedUntil?: number;
    uses?: Array<{ order: string; amount: number; refunded: boolean }>;
  }
  export interface CouponReceipt { id: string; status: CouponStatus; amount: number; balance: number; at: number }
  export interface Basket {
    /** `price` is that of one piece, in fen. */
    lines: Array<{ goods: string; category?: string; price: number; quantity: number }>;
    shop?: string;
    channel?: string;
    level?: string;
  }
  /** What coupons take off a basket. */
  export interface CouponCombination {
    total: number;
    discount: number;
    payable: number;
    lineDiscounts: number[];
    applied: Array<{ coupon: string; name: string; discount: number; lineDiscounts: number[] }>;
    gifts: Array<{ goods: string; name: string }>;
    /** `reason` is a sentence, `code` the same for programs, with what is `missing`, how many an order takes (`most`), or `with` which it does not go. */
    unused: Array<{ coupon: string; name: string; reason: string; code: CouponObstacle; missing?: number; most?: number; with?: string[] }>;
    /** Whether no combination is better. */
    proven: boolean;
    /** Only the 100 coupons that expire first were looked at. */
    cut?: true;
  }
  export interface CouponStep {
    /** Up to 20; all of them take the step, or none. */
    coupons: string | string[];
    order: string;
    /** Made by the SDK unless it is said: the same again is taken once. */
    outBizNo?: string;
    timeout?: number;
  }

  /** `Extra` is what each platform's answers have besides. */
  export interface Coupons<Extra, Failure> {
    /** What can be claimed now or soon. */
    offers(options?: Options<{ timeout?: number }, Extra & { batches: CouponOffer[] }, Failure>): Promise<Extra & { batches: CouponOffer[] }>;
    offer(batch: string, options?: Options<{ timeout?: number }, Extra & CouponOffer, Failure>): Promise<Extra & CouponOffer>;
    /** Is sent again by itself, with the same number, where no answer came. */
    claim(
      batch: string, options?: Options<CouponClaim, Extra & { coupon: ClaimedCoupon; repeat: boolean }, Failure>,
    ): Promise<Extra & { coupon: ClaimedCoupon; repeat: boolean }>;
    /** What a code gives, of whichever batch it is. */
    claimByCode(
      code: string, options?: Options<CouponClaim, Extra & { coupon: ClaimedCoupon; repeat: boolean }, Failure>,
    ): Promise<Extra & { coupon: ClaimedCoupon; repeat: boolean }>;
    /** What the user, who has a coupon of the batch, gives to others, and how many claimed with it. */
    invitation(
      batch: string, options?: Options<{ timeout?: number }, Extra & { invitation: string; invited: number }, Failure>,
    ): Promise<Extra & { invitation: string; invited: number }>;
    /** The user's own, the newest first; `now` is the server's clock. */
    mine(
      options?: Options<{ status?: CouponStatus; limit?: number; timeout?: number }, Extra & { coupons: Coupon[]; now: number }, Failure>,
    ): Promise<Extra & { coupons: Coupon[]; now: number }>;
    get(id: string, options?: Options<{ timeout?: number }, Extra & Coupon, Failure>): Promise<Extra & Coupon>;
    /** The most that the user's coupons can take off a basket, and why the others are left out. */
    best(options: Options<{ basket: Basket; timeout?: number }, Extra & CouponCombination, Failure>): Promise<Extra & CouponCombination>;
    /** What just these come to for a basket; fails with `COUPON_NOT_APPLICABLE` for one that does nothing there. */
    price(
      options: Options<{ basket: Basket; coupons: string | string[]; timeout?: number }, Extra & CouponCombination, Failure>,
    ): Promise<Extra & CouponCombination>;
    /** Keeps coupons for an order. */
    lock(
      options: Options<CouponStep & { seconds?: number }, Extra & { coupons: CouponReceipt[]; repeat: boolean }, Failure>,
    ): Promise<Extra & { coupons: CouponReceipt[]; repeat: boolean }>;
    /** Gives back what an order had locked. */
    release(
      options: Options<CouponStep, Extra & { coupons: CouponReceipt[]; repeat: boolean }, Failure>,
    ): Promise<Extra & { coupons: CouponReceipt[]; repeat: boolean }>;
  }

  // Alipay

  type AlipayCall<Parameters, Result> = (options: Options<Parameters & { timeout?: number }, Result, AlipayError>) => Promise<Result>;

  export interface AlipayContext {
    init(options?: Callbacks<{ success: boolean }, AlipayError>): Promise<{ success: boolean }>;
    callFunction: AlipayCall<{ name: string; data?: any }, { result: any; requestID: string }>;
    database(): Database<AlipayResults>;
    uploadFile: AlipayCall<{ cloudPath: string; filePath: LocalFile; fileType?: string }, { fileID: string; statusCode: number; requestID: string }>;
    downloadFile: AlipayCall<{ fileID: string; filePath?: string }, { tempFilePath: string; filePath: string; statusCode: number; requestID: string }>;
    deleteFile: AlipayCall<{ fileList: string[] }, { fileList: ListedFile[]; resultMessage: string; requestID: string }>;
    getTempFileURL: AlipayCall<{ fileList: FileList }, { fileList: AddressedFile[]; resultMessage: string; requestID: string }>;
    coupons: Coupons<{ requestID: string }, AlipayError>;
    waitingRoom: WaitingRoom;
    /** Not available: fails with an explanation. */
    callContainer(options: Fields): Promise<never>;
  }

  // WeChat

  type WechatCall<Parameters, Result> = (options: Options<Parameters, Result, WechatError>) => Promise<Result>;

  export interface WechatCalls {
    callFunction: WechatCall<{ name: string; data?: any; timeout?: number }, { result: any; errMsg: string; requestID: string }>;
    database(options?: { env?: string; throwOnNotFound?: boolean }): Database<WechatResults>;
    uploadFile(options: { cloudPath: string; filePath: LocalFile; timeout?: number }): Promise<{ fileID: string; statusCode: number; errMsg: string }>;
    uploadFile(
      options: Options<{ cloudPath: string; filePath: LocalFile; timeout?: number }, { fileID: string; statusCode: number; errMsg: string }, WechatError>,
    ): UploadTask;
    downloadFile: WechatCall<{ fileID: string; timeout?: number }, { tempFilePath: string; statusCode: number; errMsg: string }>;
    deleteFile: WechatCall<{ fileList: string[]; timeout?: number }, { fileList: ListedFile[]; errMsg: string; requestID: string }>;
    getTempFileURL: WechatCall<{ fileList: FileList; timeout?: number }, { fileList: AddressedFile[]; errMsg: string; requestID: string }>;
    coupons: Coupons<{ errMsg: string; requestID: string }, WechatError>;
    CloudID(cloudID: string): { cloudID: string };
    /** Not available: fails with an explanation. */
    callContainer(options: Fields): Promise<never>;
    CDN(target: any): never;
  }

  /** Where the user stands: how many are in front, and the wait with its error. */
  export interface WaitingPlace {
    phase: 'lobby' | 'open'; ahead: number;
    leastSeconds: number; mostSeconds: number; opensInSeconds: number;
    message: { en: string; zh: string } | null;
  }

  /** The line in front of an environment that is full. */
  export interface WaitingRoom {
    /** Answers what ends the listening: to `wait` with a WaitingPlace, to `turn`, to `error` with an Error. */
    on(event: 'wait' | 'turn' | 'error', handler: (value: any) => void): () => void;
    off(event: 'wait' | 'turn' | 'error', handler: (value: any) => void): void;
    state(): WaitingPlace | null;
    /** Calls that wait fail with `WAITING_LEFT`. */
    leave(): void;
    setMembership(membership: string): void;
  }

  export interface Cloud extends WechatCalls {
    waitingRoom: WaitingRoom;
    /** Alipay's API. */
    createCloudContext(settings?: Settings): AlipayContext;
    /** WeChat's API: first this, then the calls. */
    init(settings?: Settings & { traceUser?: boolean }): void;
    /** Takes the place of `wx.cloud` or `my.cloud`, so that pages stay as they are. */
    install(settings: Settings): Cloud;
    /** Another environment at the same server. */
    Cloud: new (options: { resourceAppid?: string; resourceEnv?: string }) => WechatCalls & { init(): Promise<void> };
    DYNAMIC_CURRENT_ENV: symbol;
  }
}
