const formats: Record<string, Intl.DateTimeFormatOptions> = {
  day: { day: "numeric", month: "short", year: "numeric" },
  minute: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
};

/** `<local-time precision="minute"><time datetime="…Z">…</time></local-time>`: the viewer's zone in place of UTC, which stays on hover. */
export class LocalTime extends HTMLElement {
  connectedCallback(): void {
    const time = this.querySelector("time");
    const moment = new Date(time?.dateTime ?? "");
    if (time === null || Number.isNaN(moment.valueOf())) return;
    time.title ||= `${time.textContent?.trim() ?? ""} UTC`;
    time.textContent = localised(moment, this.getAttribute("precision") ?? "minute");
  }
}

function localised(moment: Date, precision: string): string {
  return new Intl.DateTimeFormat("en-GB", formats[precision]).format(moment).replace(",", "");
}
