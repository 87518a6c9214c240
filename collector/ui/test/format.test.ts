import { describe, expect, it } from "vitest";
import { bytes, clock, count, duration, period, rate, share, shareOf, span } from "../src/model/format.ts";

describe("shares", () => {
  it.each([
    [0, "0"],
    [0.00004, "<0.01 %"],
    [0.0001, "0.01 %"],
    [0.0025, "0.25 %"],
    [0.025, "2.5 %"],
    [0.085, "8.5 %"],
    [0.3333, "33.3 %"],
    [0.97, "97 %"],
    [0.9999, "99.99 %"],
    [0.99995, ">99.99 %"],
    [0.9999999, ">99.99 %"],
    [1, "100 %"],
    [null, "-"],
  ])("%s reads %s", (ratio, text) => expect(share(ratio)).toBe(text));

  it("only nothing is 0 and only the whole is 100 %, at any size", () => {
    for (const whole of [2, 3, 99, 101, 10_000, 99_999, 10_000_000, 9_007_199_254_740_991]) {
      expect(shareOf(0, whole)).toBe("0");
      expect(shareOf(1, whole)).not.toBe("0");
      expect(shareOf(whole - 1, whole)).not.toBe("100 %");
      expect(shareOf(whole, whole)).toBe("100 %");
    }
  });

  it("a share of nothing is not a share", () => expect(shareOf(0, 0)).toBe("-"));
});

describe("durations", () => {
  it.each([
    [null, "-"],
    [0.0000002, "<1 µs"],
    [0.00085, "850 µs"],
    [0.0042, "4.2 ms"],
    [0.009, "9 ms"],
    [0.03, "30 ms"],
    [0.0314, "31 ms"],
    [0.402, "402 ms"],
    [0.9, "900 ms"],
    [0.9996, "1 s"],
    [1.25, "1.25 s"],
    [60, "60 s"],
    [120, "120 s"],
  ])("%s s reads %s", (seconds, text) => expect(duration(seconds)).toBe(text));
});

describe("counts, rates, bytes and times", () => {
  it("counts are grouped", () => expect(count(65880)).toBe("65,880"));

  it.each([
    [0, "0"],
    [0.001, "<0.01"],
    [0.13, "0.13"],
    [40, "40.0"],
    [1234.5, "1,235"],
  ])("a rate of %s reads %s", (perSecond, text) => expect(rate(perSecond)).toBe(text));

  it("bytes keep whole tens", () => expect([bytes(10), bytes(1024 * 20), bytes(1536)]).toEqual(["10 B", "20 KiB", "1.5 KiB"]));

  it("a span names its two largest units", () => expect([span(300), span(5400), span(45), span(0), span(90061)]).toEqual(["5m", "1h 30m", "45s", "0s", "1d 1h"]));

  it("a period is UTC and says the day once", () => {
    expect(period("2026-11-24T14:02:00Z", "2026-11-24T14:07:00Z")).toBe("2026-11-24 14:02:00Z to 14:07:00Z (5m)");
    expect(period("2026-11-24T23:58:00Z", "2026-11-25T00:03:00Z")).toBe("2026-11-24 23:58:00Z to 2026-11-25 00:03:00Z (5m)");
  });

  it("a time that is none is shown as it came", () => expect(clock("soon")).toBe("soon"));
});
