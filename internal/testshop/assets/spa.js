// The tea finder: three routes, drawn from /api/v1.
"use strict";
(function () {
  var app = document.getElementById("app");
  function show(title, nodes) {
    var h = document.createElement("h2");
    h.textContent = title;
    app.replaceChildren.apply(app, [h].concat(nodes));
  }
  function go(path) {
    history.pushState({}, "", path);
    draw();
  }
  function door(text, path) {
    var b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    b.addEventListener("click", function () { go(path); });
    return b;
  }
  function ask(url, then) {
    fetch(url, { credentials: "same-origin" }).then(function (r) { return r.json(); }).then(then);
  }
  var routes = [
    [/^\/spa\/$/, function () { show("はじめに", [door("一覧を見る", "/spa/items"), door("この画面について", "/spa/about")]); }],
    [/^\/spa\/items$/, function () {
      ask(app.dataset.api, function (items) {
        show("お茶の一覧", items.map(function (i) { return door(i.name + " " + i.price + "円", "/spa/items/" + i.id); }));
      });
    }],
    [/^\/spa\/items\/(\d+)$/, function (id) {
      ask("/api/v1/items/" + id, function (i) {
        show(i.name, [door("一覧に戻る", "/spa/items")]);
        ask("/api/v1/stock?id=" + i.id, function (s) { app.append("在庫 " + s.stock + "点"); });
      });
    }],
    [/^\/spa\/about$/, function () { show("この画面について", [document.createTextNode("お茶を選ぶための案内です。"), door("はじめに戻る", "/spa/")]); }]
  ];
  function draw() {
    for (var i = 0; i < routes.length; i++) {
      var m = location.pathname.match(routes[i][0]);
      if (m) { routes[i][1](m[1]); return; }
    }
    show("ページが見つかりません", []);
  }
  window.addEventListener("popstate", draw);
  draw();
})();
