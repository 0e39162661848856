/**
 * `<trace-waterfall>` around the table of steps: arrow keys walk and fold it. Without scripts it is a table of links.
 *
 * Rows carry `aria-level`; each has one link, which opens its step. The rows below a folded one are hidden.
 */
export class TraceWaterfall extends HTMLElement {
  private readonly keys: Record<string, (row: HTMLTableRowElement) => void> = {
    ArrowDown: (row) => this.open(this.nextOf(row)),
    ArrowUp: (row) => this.open(this.previousOf(row)),
    ArrowLeft: (row) => (unfolded(row) ? this.fold(row, false) : this.open(this.parentOf(row))),
    ArrowRight: (row) => (folded(row) ? this.fold(row, true) : this.open(this.nextOf(row))),
    Home: () => this.open(this.visible().at(0)),
    End: () => this.open(this.visible().at(-1)),
  };

  connectedCallback(): void {
    this.querySelector("table")?.setAttribute("role", "treegrid");
    this.rows().forEach((row, index, rows) => markParent(row, rows[index + 1]));
    this.addEventListener("keydown", this.pressed);
    this.addEventListener("click", this.clicked);
  }

  disconnectedCallback(): void {
    this.removeEventListener("keydown", this.pressed);
    this.removeEventListener("click", this.clicked);
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const act = this.keys[event.key];
    const row = rowOf(event.target);
    if (act === undefined || row === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(row);
  };

  private readonly clicked = (event: MouseEvent): void => {
    const row = rowOf(event.target);
    if (row === null) return;
    if ((event.target as Element).closest(".fold") !== null) {
      this.fold(row, folded(row));
      return;
    }
    this.mark(row);
    if ((event.target as Element).closest("a") === null) this.open(row);
  };

  private open(row: HTMLTableRowElement | undefined): void {
    const link = row?.querySelector("a");
    if (link === null || link === undefined) return;
    link.focus();
    link.scrollIntoView({ block: "nearest" });
    link.click();
  }

  private mark(chosen: HTMLTableRowElement): void {
    for (const row of this.rows()) row.removeAttribute("aria-selected");
    chosen.setAttribute("aria-selected", "true");
  }

  private fold(row: HTMLTableRowElement, open: boolean): void {
    row.setAttribute("aria-expanded", String(open));
    let hiddenBelow = open ? Infinity : level(row);
    for (const below of this.below(row)) {
      if (level(below) <= hiddenBelow) hiddenBelow = Infinity;
      below.hidden = level(below) > hiddenBelow;
      if (!below.hidden && folded(below)) hiddenBelow = level(below);
    }
  }

  private rows(): HTMLTableRowElement[] {
    return [...this.querySelectorAll<HTMLTableRowElement>("tr[aria-level]")];
  }

  private visible(): HTMLTableRowElement[] {
    return this.rows().filter((row) => !row.hidden);
  }

  private nextOf(row: HTMLTableRowElement): HTMLTableRowElement | undefined {
    const rows = this.visible();
    return rows[rows.indexOf(row) + 1];
  }

  private previousOf(row: HTMLTableRowElement): HTMLTableRowElement | undefined {
    const rows = this.visible();
    return rows[rows.indexOf(row) - 1];
  }

  private parentOf(row: HTMLTableRowElement): HTMLTableRowElement | undefined {
    const rows = this.rows();
    return rows.slice(0, rows.indexOf(row)).findLast((above) => level(above) < level(row));
  }

  private below(row: HTMLTableRowElement): HTMLTableRowElement[] {
    const rows = this.rows();
    const start = rows.indexOf(row) + 1;
    const end = rows.findIndex((other, index) => index >= start && level(other) <= level(row));
    return rows.slice(start, end === -1 ? rows.length : end);
  }
}

function rowOf(target: EventTarget | null): HTMLTableRowElement | null {
  return target instanceof Element ? target.closest<HTMLTableRowElement>("tr[aria-level]") : null;
}

function markParent(row: HTMLTableRowElement, next: HTMLTableRowElement | undefined): void {
  if (next !== undefined && level(next) > level(row)) row.setAttribute("aria-expanded", "true");
}

function level(row: HTMLTableRowElement): number {
  return Number(row.getAttribute("aria-level"));
}

function folded(row: HTMLTableRowElement): boolean {
  return row.getAttribute("aria-expanded") === "false";
}

function unfolded(row: HTMLTableRowElement): boolean {
  return row.getAttribute("aria-expanded") === "true";
}
