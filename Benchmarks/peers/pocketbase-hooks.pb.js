// What the function `buy` does, written as a PocketBase hook: one from the stock, one order, in one transaction.
routerAdd("POST", "/bench/buy", (e) => {
  const { item } = e.requestInfo().body
  let bought = false
  e.app.runInTransaction((transaction) => {
    const taken = transaction.db()
      .newQuery("UPDATE stock SET [[left]] = [[left]] - 1 WHERE id = {:item} AND [[left]] > 0")
      .bind({ item })
      .execute()
    if (taken.rowsAffected() !== 1) return
    transaction.save(new Record(transaction.findCollectionByNameOrId("sold"), { item, quantity: 1 }))
    bought = true
  })
  return e.json(200, { bought })
})
