package testshop

import (
	"fmt"
	"strconv"
	"strings"
)

type category struct {
	ID         int
	Name, Lead string
}

type product struct {
	ID, Price, Stock int
	Name, Lead       string
	Category         category
}

// Taxed is the price with the reduced consumption tax for food (8 %) or the full one (10 %) for tea ware.
func (p product) Taxed() int {
	if p.Category.ID == 5 {
		return p.Price * 110 / 100
	}
	return p.Price * 108 / 100
}

func (p product) Code() string { return fmt.Sprintf("CM-%02d%03d", p.Category.ID, p.ID) }

func (p product) URL() string { return "/products/detail/" + strconv.Itoa(p.ID) }

var categories = []category{
	{1, "煎茶", "毎日の一服に。静岡の山間地で育てた一番茶です。"},
	{2, "玉露・抹茶", "覆いの下でゆっくり育てた、うま味の濃いお茶です。"},
	{3, "ほうじ茶・番茶", "香ばしく、夜にも飲みやすいお茶です。"},
	{4, "和菓子", "お茶に合う日持ちのよいお菓子を選びました。"},
	{5, "茶器", "使いやすい急須と湯呑み、茶道具です。"},
	{6, "ギフト", "のし・包装は無料でうけたまわります。"},
}

// shelf is the catalogue as the shop keeper wrote it: category, name, price without tax.
const shelf = `1|やぶきた 上煎茶 100g|1000
1|深蒸し煎茶「里の朝」 100g|900
1|本山 初摘み煎茶 80g|1800
1|川根 手もみ仕立て 50g|3200
1|水出し煎茶ティーバッグ 20個|850
1|粉末煎茶 60g|780
1|茎茶(かりがね) 100g|600
1|芽茶 100g|700
1|有機やぶきた 煎茶 80g|1300
1|玄米茶 200g|650
2|玉露「しずく」 50g|2500
2|朝比奈 玉露 80g|3600
2|宇治抹茶 薄茶用 30g|1600
2|宇治抹茶 濃茶用 20g|2400
2|製菓用抹茶 100g|1500
2|かぶせ茶 100g|1400
2|玉露ほうじ茶 80g|1100
2|抹茶ラテの素 200g|980
2|玉露ティーバッグ 10個|1200
2|白折(玉露の茎茶) 100g|1150
3|香りほうじ茶 200g|700
3|浅煎りほうじ茶 100g|750
3|茎ほうじ茶 100g|680
3|京番茶 300g|800
3|三年番茶 200g|950
3|ほうじ茶ティーバッグ 50個|1100
3|黒豆茶 150g|720
3|はと麦番茶 300g|640
3|ほうじ茶パウダー 80g|860
3|和紅茶 べにふうき 60g|1250
4|抹茶羊羹 5本入|1500
4|小豆羊羹 5本入|1350
4|ほうじ茶最中 6個入|1440
4|きんつば 8個入|1680
4|干菓子「野の花」|1200
4|茶葉の塩煎餅 12枚|900
4|わらび餅(きな粉付)|980
4|黒糖かりんとう 150g|480
4|栗蒸し羊羹 1棹|2200
4|抹茶フィナンシェ 8個入|1900
5|常滑焼 急須 朱泥 270ml|4800
5|萬古焼 急須 紫泥 320ml|5200
5|耐熱ガラス急須 450ml|2600
5|湯呑み 青磁 1客|1800
5|夫婦湯呑み 桐箱入|6400
5|茶筒 桜皮 100g用|3800
5|茶さじ つげ|900
5|抹茶碗 黒楽風|7200
5|茶筅 百本立|2300
5|水出しボトル 750ml|1900
6|煎茶・羊羹詰合せ「松」|5000
6|煎茶・羊羹詰合せ「竹」|3500
6|煎茶・羊羹詰合せ「梅」|2500
6|玉露2缶詰合せ|6000
6|抹茶はじめてセット|4500
6|ほうじ茶と最中の詰合せ|2800
6|お茶の定期便 3か月|5400
6|お茶の定期便 6か月|10200
6|香典返し用 煎茶 2袋|2000
6|内祝い 紅白もなか 12個|3000`

var products = stock()

func stock() []product {
	var all []product
	for i, row := range strings.Split(shelf, "\n") {
		f := strings.Split(row, "|")
		cat, _ := strconv.Atoi(f[0])
		price, _ := strconv.Atoi(f[2])
		c := categories[cat-1]
		all = append(all, product{
			ID: i + 1, Name: f[1], Price: price, Category: c, Stock: 5 + (i*7)%40,
			Lead: f[1] + "は、茶屋みせばんの" + c.Name + "のひとつです。" + c.Lead,
		})
	}
	return all
}

func productByID(id string) (product, bool) {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(products) {
		return product{}, false
	}
	return products[n-1], true
}

// article is a page that says something and asks nothing.
type article struct {
	Path, Title string
	Kind        kind
	Paragraphs  []string
}

var articles = []article{
	{"/help/guide", "ご利用ガイド", kindOther, []string{
		"ご注文は24時間うけたまわります。商品をカートに入れ、お届け先とお支払い方法を入力し、確認画面で内容をお確かめのうえご注文ください。",
		"会員の方のログインには、パスワードに加えてメールで届く確認コードを入力する二段階認証をご利用いただけます。",
		"領収書はマイページの注文履歴から印刷できます。"}},
	{"/help/shipping", "送料・お届けについて", kindOther, []string{
		"送料は全国一律660円(税込)です。お買い上げ5,400円(税込)以上で無料になります。",
		"平日13時までのご注文は当日に発送します。北海道・沖縄・離島は中2〜3日かかります。"}},
	{"/help/payment", "お支払い方法", kindOther, []string{
		"クレジットカード、代金引換、銀行振込をご利用いただけます。",
		"カード番号は決済代行会社の画面に直接入力していただき、当店では保存も通過もしません。本人認証サービス(3Dセキュア2.0)に対応しています。"}},
	{"/help/returns", "返品・交換", kindOther, []string{
		"商品到着後8日以内に限り、未開封品の返品・交換をうけたまわります。不良品の送料は当店が負担します。"}},
	{"/help/gift", "のし・ラッピング", kindOther, []string{"内祝い、香典返しなど用途に合わせてのしをお付けします。名入れも無料です。"}},
	{"/help/faq", "よくあるご質問", kindOther, []string{"賞味期限は煎茶で製造から6か月です。開封後は冷暗所に置き、1か月を目安にお飲みください。"}},
	{"/help/about", "茶屋みせばんについて", kindOther, []string{"昭和42年創業。静岡市葵区の小さな茶問屋です。畑を見て、茶師が火入れし、その日に袋詰めしています。"}},
	{"/help/agreement", "会員規約", kindLegal, []string{"第1条 本規約は、株式会社茶屋みせばんが運営する通信販売サイトの利用条件を定めるものです。", "第2条 会員は、パスワードを自己の責任で管理するものとします。"}},
	{"/news", "お知らせ", kindOther, []string{"2026年11月1日 年末年始の発送についてお知らせします。12月29日から1月4日までは発送を休みます。", "2026年10月3日 新しいほうじ茶ができました。"}},
	{"/ranking", "売れ筋ランキング", kindOther, []string{"1位 深蒸し煎茶「里の朝」、2位 香りほうじ茶、3位 抹茶羊羹(2026年10月の販売数による)。"}},
	{"/magazine/", "読みもの", kindOther, []string{"お湯の温度とお茶の味、急須の選びかたなど、お茶を楽しむための記事を載せています。"}},
	{"/magazine/brewing", "おいしい煎茶のいれかた", kindOther, []string{"湯冷ましで70度まで冷ました湯を、茶葉5gに90ml注ぎ、1分待ちます。最後の一滴まで注ぎ切ると二煎目もおいしくなります。"}},
	{"/magazine/storage", "茶葉の保存", kindOther, []string{"茶葉は光・湿気・におい・熱をきらいます。開封後は小分けにして茶筒に移してください。"}},
	{"/store/", "店舗のご案内", kindOther, []string{"静岡本店 静岡市葵区みせばん町1-2-3。営業時間は10時から18時、水曜定休です。"}},
	{"/wholesale", "業務用・卸のご案内", kindOther, []string{"飲食店・宿泊施設のみなさまに、1kg単位で卸売りしています。"}},
	{"/recruit", "採用情報", kindOther, []string{"通信販売の受注・梱包スタッフを募集しています。"}},
}
