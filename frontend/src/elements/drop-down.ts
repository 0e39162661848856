/** `<drop-down><details>…</details></drop-down>`: closes on Escape and on a click elsewhere. */
export class DropDown extends HTMLElement {
  connectedCallback(): void {
    document.addEventListener("click", this.elsewhere);
    this.addEventListener("keydown", this.escaped);
  }

  disconnectedCallback(): void {
    document.removeEventListener("click", this.elsewhere);
    this.removeEventListener("keydown", this.escaped);
  }

  private readonly elsewhere = (event: MouseEvent): void => {
    if (!this.contains(event.target as Node)) this.close();
  };

  private readonly escaped = (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    this.close();
    this.querySelector("summary")?.focus();
  };

  private close(): void {
    this.querySelector("details")?.removeAttribute("open");
  }
}
