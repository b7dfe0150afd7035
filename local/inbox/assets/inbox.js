"use strict";

// The pages work without this. With it a page changes in place when there is something new, a choice or a search keeps
// the reader's place, the arrow keys go through a list, and template data is rendered while it is typed.
(() => {
  const pause = location.pathname.startsWith("/templates") ? 300 : 1000;
  const parts = (page) => new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const said = (text) => { document.getElementById("said").textContent = text; };

  // The editor keeps what was typed, for each template and e-mail, as long as the tab is open.
  const field = () => document.getElementById("data");
  const place = () => `template data: ${field().form.dataset.key}`;
  const typed = () => field() && sessionStorage.getItem(place());

  // show makes this page the one at an address, as far as they differ, with the template data that was typed.
  async function show(address) {
    const data = typed();
    const request = { cache: "no-store", headers: { "If-None-Match": `"${document.body.dataset.version}"` } };
    const answer = await fetch(address, data === null ? request : { ...request, method: "POST", body: new URLSearchParams({ data }) });
    if (answer.status === 304) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (address !== location.href || data !== typed()) return false; // something else was chosen or typed meanwhile
    if (!fresh.body.dataset.version || fresh.body.dataset.version === document.body.dataset.version) return false;
    const focused = mark(document.activeElement);
    const unfolded = [...document.querySelectorAll("details[open]")].map((d) => d.id);
    replace(parts(document), parts(fresh), fresh);
    if (field()) {
      field().value = data ?? fresh.getElementById("data").value;
      field().setAttribute("aria-invalid", Boolean(document.querySelector("#data-problem .trouble")));
    }
    document.title = fresh.title;
    document.body.dataset.version = fresh.body.dataset.version;
    unfolded.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    focused?.()?.focus({ preventScroll: true });
    return true;
  }

  // replace puts in only the parts that differ, since a frame that is put in again is loaded again. What a person types
  // into stays as it is.
  function replace(before, after, fresh) {
    if ([...before.keys()].join() !== [...after.keys()].join()) {
      document.getElementById("main").replaceWith(fresh.getElementById("main"));
      return;
    }
    for (const [name, part] of before) {
      if (!("typed" in part.dataset) && part.innerHTML !== after.get(name).innerHTML) part.replaceWith(after.get(name));
    }
  }

  // mark finds again, in a page that was put in anew, what had the focus: what stands in its place and reads
  // the same, or else leads to the same, as in a list that has grown.
  function mark(element) {
    const name = element?.closest("[data-part]")?.dataset.part;
    if (!name) return null;
    const all = () => [...parts(document).get(name)?.querySelectorAll("a, button, summary, [tabindex]") ?? []];
    const [at, text, href] = [all().indexOf(element), element.textContent, element.getAttribute("href")];
    return () => {
      const there = all()[at];
      if (there?.textContent === text) return there;
      return all().find((other) => href && other.getAttribute("href") === href) ?? there;
    };
  }

  // update shows at once what was chosen or typed.
  async function update() {
    try {
      await show(location.href);
    } catch {
      // The laptop has stopped; poll finds it when it is back.
    }
  }

  // choose goes to what differs from this page by a choice, which is no step in the browser's history.
  function choose(address) {
    history.replaceState(null, "", address);
    return update();
  }

  // search asks for what was typed. The empty words of a search that is open are part of its address.
  function search(form) {
    const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value || name === "find"));
    return choose(form.getAttribute("action") + (query.size ? `?${query}` : ""));
  }

  // poll leaves the laptop time for other work: a page that takes long is asked for less often.
  async function poll() {
    const began = performance.now();
    try {
      if (!document.hidden && await show(location.href)) said("This page has changed.");
    } catch {
      // The laptop has stopped; the page stays as it is, and is updated when the laptop is back.
    }
    setTimeout(poll, Math.max(pause, 10 * (performance.now() - began)));
  }

  async function empty() {
    if (!confirm("Forget all messages?")) return;
    await fetch("/api/messages", { method: "DELETE" });
    location.assign("/");
  }

  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    const choice = event.target.closest(".control a");
    if (event.target.id === "empty") {
      empty();
    } else if (event.target.id === "reset") {
      event.preventDefault();
      sessionStorage.removeItem(place());
      update();
      field().focus();
    } else if (choice) {
      event.preventDefault();
      choose(choice.href);
    }
  });

  let waiting;
  document.addEventListener("input", (event) => {
    const { target } = event;
    clearTimeout(waiting);
    if (target === field()) {
      sessionStorage.setItem(place(), target.value);
      waiting = setTimeout(update, 150);
    } else if (target.type === "search") {
      waiting = setTimeout(search, 200, target.form);
    }
  });

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search(event.target);
  });

  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const list = document.activeElement?.closest("[data-rows]");
    if (!step || !list) return;
    const links = [...list.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + step];
    if (next) { event.preventDefault(); next.focus(); }
  });

  document.documentElement.classList.add("scripted");
  if (typed() !== null) field().value = typed();
  poll();
})();
