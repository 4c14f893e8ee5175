<?php
// Fills a new WordPress with what a small tea shop writes: pages, posts,
// a category, a comment, a second user and a theme. Called by wordpress.sh.
[, $root, $url] = $argv;
$_SERVER['HTTP_HOST'] = parse_url($url, PHP_URL_HOST) . ':' . parse_url($url, PHP_URL_PORT);
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REQUEST_URI'] = '/';
require "$root/wp-load.php";
update_option('WPLANG', 'ja');
update_option('permalink_structure', '/%postname%/');
update_option('users_can_register', 1);
update_option('timezone_string', 'Asia/Tokyo');
switch_theme('twentytwentyone');
$user = wp_insert_user(['user_login' => 'hanako', 'user_pass' => 'Yama-no-cha-2026', 'user_email' => 'hanako@tea.test', 'role' => 'author', 'display_name' => '花子']);
$tea = wp_insert_term('お茶の話', 'category', ['slug' => 'tea']);
$pages = [
    'about' => ['店の紹介', '<p>静岡で三代続く茶舗です。</p>'],
    'law' => ['特定商取引法に基づく表記', '<p>販売業者 ミセバン茶舗<br>所在地 静岡県静岡市葵区一番町1-1<br>電話 054-000-0000</p>'],
    'privacy' => ['個人情報の取り扱い', '<p>いただいた個人情報は、ご注文の品をお届けするために使います。</p>'],
    'contact' => ['お問い合わせ', '<form method="post" action="/contact/"><label>お名前 <input name="your-name" required></label><label>メール <input type="email" name="your-email" required></label><label>本文 <textarea name="your-message"></textarea></label><button>送信する</button></form>'],
    'cart' => ['カート', '<p>カートに商品はありません。</p><p><a href="/shop/">お買い物を続ける</a></p>'],
    'shop' => ['商品一覧', '<ul><li><a href="/sencha/">煎茶</a></li><li><a href="/hojicha/">ほうじ茶</a></li></ul>'],
];
global $wpdb;
foreach ($pages as $slug => [$title, $html]) {
    wp_insert_post(['post_type' => 'page', 'post_name' => $slug, 'post_title' => $title, 'post_content' => $html, 'post_status' => 'publish', 'post_author' => 1]);
    // The form would be filtered out of a post of a user without rights.
    $wpdb->update($wpdb->posts, ['post_content' => $html], ['post_name' => $slug]);
}
foreach (['sencha' => '煎茶', 'hojicha' => 'ほうじ茶', 'gyokuro' => '玉露', 'genmaicha' => '玄米茶', 'matcha' => '抹茶'] as $slug => $name) {
    $id = wp_insert_post(['post_name' => $slug, 'post_title' => $name, 'post_content' => "<p>{$name}は、静岡の茶葉だけで作っています。100g 1,080円（税込）。</p>", 'post_status' => 'publish', 'post_author' => $user, 'post_category' => [$tea['term_id']]]);
    wp_insert_comment(['comment_post_ID' => $id, 'comment_author' => '客', 'comment_author_email' => 'kyaku@tea.test', 'comment_content' => "{$name}、おいしかったです。", 'comment_approved' => 1]);
}
flush_rewrite_rules();
echo count($pages), " pages\n";
