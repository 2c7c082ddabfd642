import Testing
struct StartTests { @Test func placeholder() {} }
