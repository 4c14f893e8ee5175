"use strict";
(function () {
  document.querySelectorAll("[data-href]").forEach(function (b) {
    b.addEventListener("click", function () { location.href = b.dataset.href; });
  });
  var guide = "/hidden/way/script-string";
  var base = "/hidden/way/";
  var later = base + "js-concat";
  // 旧ページ: /hidden/way/comment
  document.querySelectorAll(".leaf").forEach(function (leaf, i) {
    leaf.addEventListener("click", function () { location.assign(i % 2 ? later : guide); });
    leaf.addEventListener("mouseover", function () { leaf.title = later; });
  });
})();
