CREATE SCHEMA sales;

CREATE TABLE sales.orders AS
SELECT order_id, customer_id, placed_at, channel, store_id, country,
       currency_of(country) AS currency, l.total_nok,
       weigh(i, 'order-state', ['delivered', 'collected', 'open', 'cancelled'], [0.52, 0.90, 0.96])
           AS state
FROM world.orders JOIN (SELECT order_id, round(sum(quantity * unit_price_nok), 2) AS total_nok
                        FROM world.order_lines GROUP BY order_id) l USING (order_id);

CREATE TABLE sales.order_lines AS
SELECT order_id, line_no, article_id,
       CASE WHEN chance(i, 'bad-quantity') < 0.003 THEN -quantity ELSE quantity END AS quantity,
       unit_price_nok, round(quantity * unit_price_nok, 2) AS line_total_nok
FROM world.order_lines;

CREATE TABLE sales.store_receipts AS
SELECT 'R' || substr(o.order_id, 2) AS receipt_id, o.store_id,
       date_trunc('day', o.placed_at) + to_hours(greatest(8, least(21, opening_hour(i, 'till'))))
           + to_seconds(whole(i, 'second', 0, 3599)) AS paid_at,
       'T' || whole(i, 'till-no', 1, 6) AS till,
       weigh(i, 'means', ['card', 'mobile', 'gift card', 'cash'], [0.66, 0.91, 0.95]) AS means,
       o.customer_id IS NOT NULL AS club_card, s.total_nok
FROM world.orders o JOIN sales.orders s USING (order_id) WHERE o.store_id IS NOT NULL;

CREATE TABLE sales.product_range AS
SELECT article_id, brand || ' ' || lower(category) || ' ' || CAST(i AS VARCHAR) AS name, brand, category,
       needs_prescription,
       {'net_g': weight_g, 'parts': whole(i, 'parts', 1, 6),
        'origin': pick(i, 'origin', ['NO', 'SE', 'DK', 'FI', 'DE', 'PL', 'PT', 'IN', 'CN'])} AS packing,
       ['nb', 'sv', 'da', 'fi'][1:whole(i, 'texts', 2, 4)] AS text_languages,
       list_price_nok, chance(i, 'active') < 0.87 AS on_sale
FROM world.articles;

CREATE TABLE sales.daily_sales AS
SELECT s.store_id, CAST(r.paid_at AS DATE) AS day, s.country, count(*) AS receipts,
       round(sum(r.total_nok), 2) AS revenue_nok, round(avg(r.total_nok), 2) AS basket_nok
FROM sales.store_receipts r JOIN world.stores s USING (store_id)
GROUP BY ALL;

CREATE TABLE sales.returns AS
SELECT 'RT' || lpad(CAST(l.i AS VARCHAR), 7, '0') AS return_id, l.order_id, l.line_no, l.article_id,
       CAST(l.placed_at AS DATE) + CAST(whole(l.i, 'return-day', 2, 28) AS INTEGER) AS returned_on,
       weigh(l.i, 'why', ['changed mind', 'wrong size', 'damaged', 'not as shown', 'late'],
             [0.38, 0.62, 0.80, 0.93]) AS reason,
       pick(l.i, 'state-of', ['unopened', 'opened', 'unusable']) AS condition,
       round(l.quantity * l.unit_price_nok, 2) AS refund_nok
FROM world.order_lines l
WHERE chance(l.i, 'returned') < CASE l.channel WHEN 'store' THEN 0.05 ELSE 0.14 END;

CREATE SCHEMA ecommerce;

CREATE TABLE ecommerce.web_sessions AS
SELECT code('W', d.range) AS session_id, moment(d.range, 'session', 60) AS started_at,
       weigh(d.range, 'device', ['phone', 'computer', 'tablet'], [0.67, 0.95]) AS device,
       weigh(d.range, 'web-country', ['NO', 'SE', 'DK', 'FI'], [0.43, 0.77, 0.92]) AS country,
       pick(d.range, 'entry', ['search engine', 'direct', 'newsletter', 'advertisement', 'price site'])
           AS entry,
       whole(d.range, 'pages', 1, 24) AS pages,
       {'consented': chance(d.range, 'measured') < 0.58,
        'variant': pick(d.range, 'variant', ['A', 'B'])} AS measurement,
       CASE WHEN chance(d.range, 'bought') < 0.041 THEN code('O', whole(d.range, 'which', 200000, 208999))
            END AS order_id
FROM range(16000) d;

CREATE TABLE ecommerce.site_search_log AS
SELECT moment(d.range, 'searched', 60) AS searched_at, code('W', whole(d.range, 'session', 0, 15999))
           AS session_id,
       pick(d.range, 'words', ['duvet', 'dyne', 'täcke', 'peitto', 'magnesium', 'paracetamol', 'lampe',
            'fotkräm', 'sparkel', 'blood presure', 'termometer', 'vitamin d', 'oppbevaring', 'puute',
            'håndkle', 'allergi', 'baby', 'mørkleggingsgardin']) AS words,
       weigh(d.range, 'language-of', ['nb', 'sv', 'da', 'fi', 'en'], [0.40, 0.70, 0.85, 0.93]) AS language,
       CASE WHEN chance(d.range, 'none-found') < 0.11 THEN 0 ELSE whole(d.range, 'hits', 1, 180) END AS hits,
       CASE WHEN chance(d.range, 'clicked') < 0.48 THEN whole(d.range, 'rank', 1, 12) END AS clicked_rank
FROM range(12000) d;
