'use strict';

/**
 * The documents of one watched query, kept up to date from the server's messages (docs/api/wire.md, Watch): what a page's
 * `onChange` is told, in WeChat's shape. Knows nothing of connections.
 */

const { define } = require('../../shared/typed-values');

class WatchedResult {
  /** `ordered`: the query has an order; without one, documents stay in the order in which they came. `decode` revives values. */
  constructor(ordered, decode) {
    this.ordered = ordered;
    this.decode = decode;
    // id → {doc, text}; the text is the document as it came, which pages cannot change.
    this.entries = null;
    this.snapshots = 0;
    this.changes = 0;
  }

  /** Everything, at the beginning or because the server no longer knows what was told. Answers a snapshot, or null when nothing is new. */
  begin(docs) {
    const found = new Map();
    for (const doc of docs) found.set(keyOf(doc._id), this.entryOf(doc));
    if (this.entries !== null) return this.catchUp(found);
    this.entries = found;
    const changes = Array.from(found.values(), ({ doc }) => this.change('init', 'init', doc._id, doc));
    return this.snapshot(changes, 'init');
  }

  /** What differs from what the page was told, as if it had been told at the time. */
  catchUp(found) {
    const changes = [];
    for (const [key, { doc }] of this.entries) {
      if (!found.has(key)) changes.push(this.change('dequeue', 'remove', doc._id, doc));
    }
    for (const [key, entry] of found) {
      const had = this.entries.get(key);
      if (had === undefined) changes.push(this.change('enqueue', 'add', entry.doc._id, entry.doc));
      else if (had.text !== entry.text) changes.push(this.updated(had, entry));
      else found.set(key, had);
    }
    this.entries = this.ordered ? found : inEarlierOrder(this.entries, found);
    return changes.length === 0 ? null : this.snapshot(changes);
  }

  updated(had, entry) {
    return Object.assign(this.change('update', 'update', entry.doc._id, entry.doc), difference(had, entry));
  }

  /** What has changed; `order` has all ids as they are now. Answers a snapshot, or null when the page knows it all. */
  next(events, order) {
    const changes = [];
    for (const event of events) {
      const change = this.take(event);
      if (change !== null) changes.push(change);
    }
    if (this.ordered && order !== undefined) this.arrange(order);
    return changes.length === 0 ? null : this.snapshot(changes);
  }

  take(event) {
    const key = keyOf(event.docId);
    const entry = this.entryOf(event.doc);
    const had = this.entries.get(key);
    if (event.queueType === 'dequeue') {
      if (!this.entries.delete(key)) return null;
    } else {
      if (had !== undefined && had.text === entry.text) return null;
      this.entries.set(key, entry);
    }
    const change = this.change(event.queueType, event.dataType, event.docId, entry.doc);
    if (event.updatedFields !== undefined) {
      change.updatedFields = this.decode(event.updatedFields);
      change.removedFields = event.removedFields || [];
    } else if (event.queueType === 'update' && event.dataType === 'update' && had !== undefined) {
      // What changed while the connection was broken comes without its fields.
      Object.assign(change, difference(had, entry));
    }
    return change;
  }

  arrange(order) {
    const arranged = new Map();
    for (const id of order) {
      const key = keyOf(id);
      if (this.entries.has(key)) arranged.set(key, this.entries.get(key));
    }
    this.entries = arranged;
  }

  entryOf(doc) {
    const text = JSON.stringify(doc);
    return { text, doc: this.decode(doc) };
  }

  change(queueType, dataType, docId, doc) {
    const change = { id: this.changes, queueType, dataType, docId, doc };
    this.changes += 1;
    return change;
  }

  snapshot(docChanges, type) {
    const snapshot = { id: this.snapshots };
    if (type !== undefined) snapshot.type = type;
    snapshot.docs = Array.from(this.entries.values(), ({ doc }) => doc);
    snapshot.docChanges = docChanges;
    this.snapshots += 1;
    return snapshot;
  }
}

/** The fields of a document that are others than before, and those that are gone. */
function difference(had, entry) {
  const before = JSON.parse(had.text);
  const after = JSON.parse(entry.text);
  const updatedFields = {};
  for (const key of Object.keys(after)) {
    if (JSON.stringify(before[key]) !== JSON.stringify(after[key])) define(updatedFields, key, entry.doc[key]);
  }
  return { updatedFields, removedFields: Object.keys(before).filter((key) => !Object.prototype.hasOwnProperty.call(after, key)) };
}

/** A number and its decimal text name the same document. */
function keyOf(id) {
  return String(id);
}

/** The documents that were there already keep their places; new ones come after them. */
function inEarlierOrder(earlier, found) {
  const arranged = new Map();
  for (const key of earlier.keys()) {
    if (found.has(key)) arranged.set(key, found.get(key));
  }
  for (const [key, entry] of found) arranged.set(key, entry);
  return arranged;
}

module.exports = { WatchedResult };
