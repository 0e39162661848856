const SHOWN_FOR = 2000;

/** `<copy-text><pre>…</pre></copy-text>`: adds a button that puts the text on the clipboard. */
export class CopyText extends HTMLElement {
  connectedCallback(): void {
    if (this.querySelector("button") !== null) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => void this.copy(button));
    this.append(button);
  }

  private async copy(button: HTMLButtonElement): Promise<void> {
    const text = this.querySelector("pre")?.textContent?.trim() ?? "";
    button.textContent = await written(text);
    setTimeout(() => (button.textContent = "Copy"), SHOWN_FOR);
  }
}

/** What to tell: browsers refuse the clipboard to pages that came over plain HTTP from another host. */
async function written(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return "Copied";
  } catch {
    return "Select and copy";
  }
}
