-- What is compared with a claim: stock and who has one, looked at and changed in one step.
-- KEYS: the stock, the users, the ledger. ARGV: the user.
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
    return 'already'
end
if tonumber(redis.call('GET', KEYS[1])) <= 0 then
    return 'sold out'
end
redis.call('DECR', KEYS[1])
redis.call('HSET', KEYS[2], ARGV[1], 1)
redis.call('XADD', KEYS[3], '*', 'user', ARGV[1])
return 'ok'
