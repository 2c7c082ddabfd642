internal import Kernel

/// The page that a browser sees while its user waits: complete without a script, and the same with one.
struct WaitingPage {
    /// What it shows.
    struct View {
        let environment: EnvironmentID
        let ticket: WaitingSeal.Ticket
        let phase: WaitingRoom.Phase
        let ahead: Int
        let seconds: (least: Int, most: Int)
        /// After how many seconds a browser without a script asks again.
        let pause: Int
        let message: String
        let language: Language
        /// Of the style and the script, for caches.
        let version: String
    }

    /// It loads its own style and script, asks its own server, and is put into no frame.
    static let policy = """
        default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'
        """

    static func html(_ view: View) -> String {
        let words = Words(view.language)
        let isLobby = view.phase == .lobby
        let place =
            switch view.ticket.place {
            case .lot(let lot): "data-lot=\"\(lot)\""
            case .number(let number): "data-number=\"\(number)\""
            }
        let message = view.message.isEmpty ? "" : "<p class=\"shop\">\(escaped(view.message))</p>\n"
        let ahead = isLobby ? words.drawn : view.ahead == 0 ? words.next : words.people(view.ahead)
        return """
            <!doctype html>
            <html lang="\(view.language == .zh ? "zh-CN" : "en")">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>\(words.title)</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/waiting/assets/page.css?v=\(view.version)">
            <noscript><meta http-equiv="refresh" content="\(view.pause)"></noscript>
            <script src="/waiting/assets/page.js?v=\(view.version)" defer></script>
            </head>
            <body>
            <main id="room" data-status="/v1/waiting-room?env=\(view.environment)" data-room="\(view.ticket.epoch)" data-lane="\(view.ticket.lane.word)" \
            \(place) data-texts="\(escaped(words.json.text))">
            <h1>\(words.title)</h1>
            <p class="lead">\(isLobby ? words.leadLobby : words.lead)</p>
            \(message)<dl>
            <div><dt>\(words.aheadLabel)</dt><dd id="ahead">\(ahead)</dd></div>
            <div><dt>\(words.timeLabel)</dt><dd id="time">\(words.time(view.seconds.least, view.seconds.most))</dd></div>
            </dl>
            <progress id="bar" max="1" value="0" aria-label="\(words.barLabel)"></progress>
            <p id="trouble" class="trouble" role="alert" hidden></p>
            <p class="note">\(words.note)</p>
            <noscript><p class="note">\(words.refreshes(view.pause))</p></noscript>
            <p id="spoken" class="hidden" role="status" aria-live="polite"></p>
            </main>
            </body>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;").replacing(
            "'", with: "&#39;")
    }

    /// What it says, in one language.
    struct Words {
        private let isChinese: Bool

        init(_ language: Language) { isChinese = language == .zh }

        private func say(_ en: String, _ zh: String) -> String { isChinese ? zh : en }

        var title: String { say("You are in line", "正在排队") }
        var lead: String {
            say("Many people want to come in right now. This page goes on by itself when it is your turn.", "当前人数较多，轮到您时页面会自动进入。")
        }
        var leadLobby: String {
            say(
                "It has not begun yet. Your place is drawn by lot, as everybody's who comes before the beginning.",
                "活动尚未开始。开始前到达的用户顺序由抽签决定，先后到达不影响。")
        }
        var aheadLabel: String { say("In front of you", "前方人数") }
        var timeLabel: String { say("Your turn comes in", "预计等待") }
        var barLabel: String { say("How far the line has come", "排队进度") }
        var drawn: String { say("drawn at the beginning", "开始时抽签") }
        var next: String { say("you are next", "即将轮到您") }
        var soon: String { say("less than a minute", "不到 1 分钟") }
        var note: String { say("Reloading does not lose your place, and does not bring you forward.", "刷新页面不会丢失位置，也不会提前。") }
        var trouble: String { say("The line cannot be seen right now; your place is kept. Trying again…", "暂时无法获取排队进度，您的位置已保留，正在重试…") }
        var turn: String { say("It is your turn.", "轮到您了，正在进入。") }

        func people(_ count: Int) -> String { isChinese ? "\(count) 人" : count == 1 ? "1 person" : "\(count) people" }
        func refreshes(_ seconds: Int) -> String {
            say("This page looks again by itself in \(seconds) seconds.", "页面将在 \(seconds) 秒后自动刷新。")
        }

        /// A time with its error.
        func time(_ least: Int, _ most: Int) -> String {
            guard most > 60 else { return soon }
            let unit = most > 7200 ? 3600 : 60
            let (from, to) = (max(1, least / unit), max(1, (most + unit - 1) / unit))
            let name = unit == 3600 ? (say("hours", "小时")) : say("minutes", "分钟")
            return from == to ? say("about \(to) \(name)", "约 \(to) \(name)") : say("about \(from) to \(to) \(name)", "约 \(from)～\(to) \(name)")
        }

        /// For the script.
        var json: JSON {
            [
                "drawn": .string(drawn), "next": .string(next), "soon": .string(soon), "trouble": .string(trouble), "turn": .string(turn),
                "people": .string(say("{count} people", "{count} 人")), "opens": .string(say("begins in {time}", "{time} 后开始")),
                "minutes": [
                    "one": .string(say("about {to} minutes", "约 {to} 分钟")), "range": .string(say("about {from} to {to} minutes", "约 {from}～{to} 分钟")),
                ],
                "hours": [
                    "one": .string(say("about {to} hours", "约 {to} 小时")), "range": .string(say("about {from} to {to} hours", "约 {from}～{to} 小时")),
                ],
            ]
        }
    }
}
