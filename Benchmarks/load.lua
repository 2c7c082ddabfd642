-- Sends the requests of a list in random order. What differs between the contenders is in the list, not here, so the
-- generator costs each of them the same: every request is formatted once, before the clock starts.
--
-- BENCH_REQUESTS names a file with one request a line: method, path, token, body, separated by tabs.
-- BENCH_IN_ORDER sends them in the order of the list, each once before any comes again.
-- BENCH_PAUSE_MS makes each connection wait that long before a request, so that the load stays below what the server can do.

local formatted = {}

function init()
    math.randomseed(tonumber(os.getenv("BENCH_SEED")) or 1)
    for line in io.lines(os.getenv("BENCH_REQUESTS")) do
        local method, path, token, body = line:match("^(%S+)\t(%S+)\t(%S*)\t(.*)$")
        local headers = { ["Content-Type"] = "application/json" }
        if token ~= "" then
            headers["Authorization"] = "Bearer " .. token
        end
        formatted[#formatted + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
    end
end

function request()
    return formatted[math.random(#formatted)]
end

if os.getenv("BENCH_IN_ORDER") then
    local last = 0

    function request()
        last = last % #formatted + 1
        return formatted[last]
    end
end

local pause = tonumber(os.getenv("BENCH_PAUSE_MS"))
if pause then
    function delay()
        return math.random(2 * pause)
    end
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
    io.write(string.format(
        'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d,"timeouts":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        failed, summary.errors.timeout))
end
