/* A form for the id of the task that a call of unknown outcome may have made. */
import { element } from "../shared/dom";
import { newId } from "../shared/ids";
import { submitByEnter } from "../shared/keyboard";
import type { Answer } from "./answers";
import type { Words } from "./words";

export class TakeUp {
  readonly el = element("form", { class: "lumen-task-take-up", hidden: "", novalidate: "" });

  constructor(words: Words, takeUp: (id: string) => Promise<Answer>) {
    const name = `lumen-${newId()}`;
    const error = element("span", { class: "lumen-field-error", id: `${name}-error`, hidden: "" });
    const input = element("input", {
      type: "text",
      id: name,
      class: "lumen-input",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": error.id,
    });
    const button = element("button", { type: "submit", class: "lumen-button" }, words.takeUp);
    this.el.append(element("label", { for: name }, words.takeUpLabel), input, button, error);

    const showError = (text: string) => {
      error.textContent = text;
      error.hidden = text === "";
      input.setAttribute("aria-invalid", String(text !== ""));
      if (text !== "") input.focus();
    };
    submitByEnter(input);
    this.el.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.getAttribute("aria-disabled") === "true") return;
      const id = input.value.trim();
      showError(id === "" ? words.takeUpEmpty : "");
      if (id === "") return;
      button.setAttribute("aria-disabled", "true");
      const { error } = await takeUp(id);
      button.removeAttribute("aria-disabled");
      if (error) showError(`${error.message} ${error.next_step}`);
    });
  }
}
