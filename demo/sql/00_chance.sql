-- Seeded chance: the same seed and day always give the same mesh. as_of_day() and seed() are
-- defined by the caller before this file runs.

-- A number in [0, 1) for a row and a purpose.
CREATE MACRO chance(i, salt) AS (hash(i, salt, seed()) % 1000003) / 1000003.0;

-- A whole number from lo to hi, both included.
CREATE MACRO whole(i, salt, lo, hi) AS lo + CAST(floor(chance(i, salt) * (hi - lo + 1)) AS BIGINT);

-- One of the names, all equally likely.
CREATE MACRO pick(i, salt, names) AS names[CAST(1 + floor(chance(i, salt) * len(names)) AS BIGINT)];

-- One of the names; cumulative holds the upper edge of each share, without the last one.
CREATE MACRO weigh(i, salt, names, cumulative) AS
    names[1 + len(list_filter(cumulative, lambda edge: edge <= chance(i, salt)))];

-- Near enough to a standard normal: three uniforms, scaled.
CREATE MACRO bell(i, salt) AS
    (chance(i, salt || '-1') + chance(i, salt || '-2') + chance(i, salt || '-3') - 1.5) * 2;

CREATE MACRO code(prefix, i) AS prefix || lpad(CAST(i AS VARCHAR), 6, '0');

-- A moment within the given number of days before the day of the mesh, more of them recent.
CREATE MACRO moment(i, salt, days) AS
    CAST(as_of_day() AS TIMESTAMP)
    - to_seconds(CAST(pow(chance(i, salt), 1.25) * days * 86400 AS BIGINT));

CREATE MACRO age_band(age) AS CASE
    WHEN age < 25 THEN '18-24' WHEN age < 35 THEN '25-34' WHEN age < 45 THEN '35-44'
    WHEN age < 55 THEN '45-54' WHEN age < 65 THEN '55-64' WHEN age < 75 THEN '65-74'
    ELSE '75+' END;

-- The share of a day's business that falls on each hour, as a shift of the clock.
CREATE MACRO opening_hour(i, salt) AS
    CAST(round(13.5 + 2.6 * bell(i, salt)) AS BIGINT);

-- Rates against the krone of Norway, as used in the finance domain's closing books.
CREATE MACRO in_nok(amount, currency) AS round(amount * CASE currency
    WHEN 'NOK' THEN 1.0 WHEN 'SEK' THEN 1.02 WHEN 'DKK' THEN 1.57 ELSE 11.72 END, 2);

CREATE MACRO currency_of(country) AS CASE country
    WHEN 'NO' THEN 'NOK' WHEN 'SE' THEN 'SEK' WHEN 'DK' THEN 'DKK' ELSE 'EUR' END;
