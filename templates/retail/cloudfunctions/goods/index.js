// What the shop sells: a list by category or keyword, and one good with what goes well with it.
const cloud = require('wx-server-sdk')

cloud.init({ env: cloud.DYNAMIC_CURRENT_ENV })
const db = cloud.database()
const _ = db.command

const mostPerPage = 50
const sorts = { sort: ['sort', 'asc'], sales: ['sales', 'desc'] }

exports.main = async (event) => {
  const { action = 'list' } = event
  if (action === 'list') return list(event)
  if (action === 'detail') return detail(event)
  return refusal('INVALID_INPUT', `action must be "list" or "detail", not ${JSON.stringify(action)}`)
}

async function list({ category = '', keyword = '', sort = 'sort', page = 1, pageSize = mostPerPage }) {
  if (typeof category !== 'string') return refusal('INVALID_INPUT', 'category must be the id of a category')
  if (typeof keyword !== 'string' || keyword.length > 40) return refusal('INVALID_INPUT', 'keyword must be a text of at most 40 characters')
  if (!Object.hasOwn(sorts, sort)) return refusal('INVALID_INPUT', `sort must be one of ${Object.keys(sorts).join(', ')}`)
  if (!isWhole(page, 1, 1000)) return refusal('INVALID_INPUT', 'page must be a whole number from 1')
  if (!isWhole(pageSize, 1, mostPerPage)) return refusal('INVALID_INPUT', `pageSize must be a whole number from 1 to ${mostPerPage}`)

  const where = filter(category, keyword.trim())
  const skip = (page - 1) * pageSize
  // One more than asked for tells whether there is another page, without counting everything.
  const { data } = await db.collection('goods').where(where).orderBy(...sorts[sort]).skip(skip).limit(pageSize + 1).get()
  const goods = data.slice(0, pageSize)
  console.log(`goods list: category=${category || 'all'} keyword=${JSON.stringify(keyword)} sort=${sort} page=${page} → ${goods.length}`)
  return { ok: true, goods, more: data.length > pageSize }
}

function filter(category, keyword) {
  const conditions = [{ onSale: true }]
  if (category) conditions.push({ category })
  if (keyword) {
    const pattern = db.RegExp({ regexp: escaped(keyword), options: 'i' })
    conditions.push(_.or([{ 'name.zh': pattern }, { 'name.en': pattern }, { 'note.zh': pattern }, { 'note.en': pattern }]))
  }
  return conditions.length === 1 ? conditions[0] : _.and(conditions)
}

async function detail({ id }) {
  if (typeof id !== 'string' || id === '') return refusal('INVALID_INPUT', 'id must be the id of a good')
  const { data } = await db.collection('goods').where({ _id: id, onSale: true }).limit(1).get()
  if (data.length === 0) {
    console.warn(`goods detail: ${id} is not on sale`)
    return refusal('GOODS_NOT_FOUND', `there is no good "${id}" on sale`)
  }
  const [good] = data
  console.log(`goods detail: ${id}, ${good.stock} in stock`)
  return { ok: true, good, pairs: await pairsOf(good) }
}

/** A drink goes with something baked and the other way round: the best sellers of the other kind. */
async function pairsOf(good) {
  const drinks = ['milk-tea', 'fresh-tea']
  const category = drinks.includes(good.category) ? _.nin(drinks) : _.in(drinks)
  const { data } = await db.collection('goods').where({ category, onSale: true, stock: _.gt(0) }).orderBy('sales', 'desc').limit(4).get()
  return data
}

function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function isWhole(value, least, most) {
  return Number.isInteger(value) && value >= least && value <= most
}

function refusal(code, message) {
  return { ok: false, error: { code, message } }
}
