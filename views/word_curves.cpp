#include "views/word_curves.h"

#include "views/charts/line_layer.h"
#include "views/format.h"
#include "views/type.h"

#include <QAction>
#include <QActionGroup>
#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

const QStringList kVariables{QStringLiteral("share"), QStringLiteral("topRatio"), QStringLiteral("size"), QStringLiteral("merges"), QStringLiteral("maxPiece"), QStringLiteral("longestWord"), QStringLiteral("lambda")};

} // namespace

QString curveVariableTitle(const QString &variable)
{
    if (variable == QLatin1String("share"))
        return WordCurves::tr("Learning curve");
    if (variable == QLatin1String("topRatio"))
        return WordCurves::tr("F1 over top ratio");
    if (variable == QLatin1String("size"))
        return WordCurves::tr("F1 over pieces");
    if (variable == QLatin1String("merges"))
        return WordCurves::tr("F1 over merges");
    if (variable == QLatin1String("maxPiece"))
        return WordCurves::tr("F1 over longest piece");
    if (variable == QLatin1String("longestWord"))
        return WordCurves::tr("F1 over longest word");
    if (variable == QLatin1String("lambda"))
        return WordCurves::tr("F1 over smoothing");
    return WordCurves::tr("F1 over %1").arg(variable);
}

QString curveAxisTitle(const QString &variable)
{
    if (variable == QLatin1String("share"))
        return WordCurves::tr("lines sent to the model, %");
    if (variable == QLatin1String("topRatio"))
        return WordCurves::tr("best types kept");
    if (variable == QLatin1String("size"))
        return WordCurves::tr("pieces V, log scale");
    if (variable == QLatin1String("merges"))
        return WordCurves::tr("merges V");
    if (variable == QLatin1String("maxPiece") || variable == QLatin1String("longestWord"))
        return WordCurves::tr("longest word ML, characters");
    if (variable == QLatin1String("lambda"))
        return WordCurves::tr("smoothing λ, log scale");
    return variable;
}

WordCurves::WordCurves(QWidget *parent)
    : PictureView(parent)
{
    setAccessibleName(tr("F1 curves"));
    auto *group = new QActionGroup(this);
    for (const QString &variable : kVariables) {
        auto *action = new QAction(curveVariableTitle(variable), group);
        action->setCheckable(true);
        action->setData(variable);
        connect(action, &QAction::triggered, this, [this, variable] { setVariable(variable); });
        addAction(action);
        m_actions.append(action);
    }
    m_actions.front()->setChecked(true);
}

QString WordCurves::note() const { return shown().empty() || width() < scaled(330) ? QString() : curveVariableTitle(m_variable); }

QString WordCurves::title() const { return tr("Curves"); }

void WordCurves::setVariable(const QString &variable)
{
    m_variable = variable;
    for (QAction *action : m_actions)
        action->setChecked(action->data().toString() == variable);
    invalidateBase();
    Q_EMIT headerChanged();
}

bool WordCurves::dataChanged()
{
    QStringList there;
    for (const WordCurve &curve : data().words ? data().words->curves : std::vector<WordCurve>())
        if (!there.contains(curve.variable))
            there << curve.variable;
    std::stable_sort(there.begin(), there.end(), [](const QString &a, const QString &b) { return kVariables.indexOf(a) < kVariables.indexOf(b); });
    if (!there.isEmpty() && !there.contains(m_variable))
        m_variable = there.front();
    for (QAction *action : m_actions) {
        action->setEnabled(there.contains(action->data().toString()));
        action->setChecked(action->data().toString() == m_variable);
    }
    return true;
}

std::vector<const WordCurve *> WordCurves::shown() const
{
    std::vector<const WordCurve *> curves;
    if (data().words)
        for (const WordCurve &curve : data().words->curves)
            if (curve.variable == m_variable)
                curves.push_back(&curve);
    return curves;
}

std::vector<const WordRun *> WordCurves::references() const
{
    std::vector<const WordRun *> runs;
    const auto curves = shown();
    if (data().words)
        for (const WordRun &run : data().words->runs)
            if (run.run >= 0 && !std::isnan(run.scores.f1) && std::none_of(curves.begin(), curves.end(), [&](const WordCurve *curve) { return curve->run == run.run; }) && runs.size() < 3)
                runs.push_back(&run);
    return runs;
}

PlotFrame WordCurves::frameIn(const QRectF &body) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, 20);
    std::vector<double> xs, ys;
    for (const WordCurve *curve : shown()) {
        xs.insert(xs.end(), curve->x.begin(), curve->x.end());
        for (const auto *values : {&curve->y, &curve->low, &curve->high})
            ys.insert(ys.end(), values->begin(), values->end());
    }
    for (const WordRun *run : references())
        ys.push_back(run->scores.f1 * 100);
    frame.y = ChartAxis::linear(ys, false);
    frame.yTitle = tr("F1, %");
    frame.xTitle = curveAxisTitle(m_variable);
    if (m_variable == QLatin1String("share")) {
        frame.x.lo = 0;
        frame.x.hi = 100;
        frame.xTicks = {0, 25, 50, 75, 100};
        if (frame.plot.width() < scaled(240))
            frame.xTicks = {0, 50, 100};
    } else if (m_variable == QLatin1String("size") || m_variable == QLatin1String("lambda")) {
        frame.x = ChartAxis::logarithmic(xs, 8);
    } else {
        frame.x = ChartAxis::linear(xs, false);
    }
    return frame;
}

std::vector<WordCurves::Point> WordCurves::points(const PlotFrame &frame) const
{
    std::vector<Point> all;
    for (const WordCurve *curve : shown())
        for (size_t i = 0; i < curve->x.size(); ++i) {
            const bool band = i < curve->low.size();
            all.push_back({curve->run, curve->x[i], curve->y[i], band ? curve->low[i] : kNoNumber, band ? curve->high[i] : kNoNumber, frame.at(curve->x[i], curve->y[i])});
        }
    return all;
}

void WordCurves::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (shown().empty())
        return;
    const PlotFrame frame = frameIn(body);
    frame.paintAxes(painter, body, theme);
    const auto local = [&](double x, double y) { return frame.at(x, y) - frame.plot.topLeft(); };
    QVector<charts::Line> lines;
    for (const WordRun *run : references()) {
        charts::Line line;
        line.style = theme.run(run->run);
        if (line.style.dash.isEmpty())
            line.style.dash = {1, 3};
        line.points = {local(frame.x.lo, run->scores.f1 * 100), local(frame.x.hi, run->scores.f1 * 100)};
        lines << line;
    }
    for (const WordCurve *curve : shown()) {
        charts::Line line;
        line.style = theme.run(std::max(0, curve->run));
        for (size_t i = 0; i < curve->x.size(); ++i) {
            line.points << local(curve->x[i], curve->y[i]);
            if (i < curve->low.size()) {
                line.low << local(curve->x[i], curve->low[i]);
                line.high << local(curve->x[i], curve->high[i]);
            }
        }
        lines << line;
    }
    charts::paintLines(painter, frame.plot, lines, theme);
    for (const Point &point : points(frame))
        paintMarker(painter, point.at, theme.run(std::max(0, point.run)), point.run < 0, theme.surface);
    paintLabels(painter, frame, theme);
}

void WordCurves::paintLabels(QPainter &painter, const PlotFrame &frame, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    const auto label = [&](int run, const QString &name, QPointF right) {
        const QString letter = run >= 0 ? runLetter(run) : QString();
        QFont bold = painter.font();
        bold.setBold(true);
        const double width = metrics.horizontalAdvance(name), chip = letter.isEmpty() ? 0 : QFontMetricsF(bold).horizontalAdvance(letter) + 5;
        const QRectF box(std::max(frame.plot.left() + 2, right.x() - width - chip), right.y() - metrics.height() / 2, width + chip + 1, metrics.height());
        painter.fillRect(box.adjusted(-2, 0, 2, 0), theme.surface);
        const QFont plain = painter.font();
        painter.setFont(bold);
        painter.setPen(run >= 0 ? theme.run(run).color : theme.t2);
        painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter, letter);
        painter.setFont(plain);
        painter.setPen(theme.t1);
        painter.drawText(box.adjusted(chip, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, name);
    };
    for (const WordCurve *curve : shown()) {
        const size_t middle = curve->x.size() / 2;
        const QPointF at = frame.at(curve->x[middle], curve->y[middle]);
        double y = std::max(frame.plot.top() + 6, at.y() - 14);
        const auto onReference = [&](double place) {
            const auto runs = references();
            return std::any_of(runs.begin(), runs.end(), [&](const WordRun *run) { return std::abs(frame.yAt(run->scores.f1 * 100) - place) < metrics.height() / 2 + 1; });
        };
        while (onReference(y) && y > frame.plot.top() + metrics.height())
            y -= 4;
        label(curve->run, curve->title, {at.x() - 8, y});
    }
    double above = -1e9;
    for (const WordRun *run : references()) {
        double y = frame.yAt(run->scores.f1 * 100) + 10;
        if (std::abs(y - above) < metrics.height())
            y = above + metrics.height();
        above = y;
        if (y + metrics.height() / 2 < frame.plot.bottom())
            label(run->run, frame.plot.width() < scaled(240) ? QString() : run->title, {frame.plot.right() - 2, y}); // no room: the letter
    }
}

void WordCurves::paintMarks(QPainter &, const QRectF &, const Theme &) const { }

const WordCurves::Point *WordCurves::nearest(const std::vector<Point> &points, const QPointF &where) const
{
    const Point *best = nullptr;
    double least = 14;
    for (const Point &point : points) {
        const double distance = std::hypot(point.at.x() - where.x(), point.at.y() - where.y());
        if (distance < least) {
            least = distance;
            best = &point;
        }
    }
    return best;
}

void WordCurves::mouseMoveEvent(QMouseEvent *event)
{
    if (shown().empty())
        return;
    const PlotFrame frame = frameIn(bodyRect());
    const std::vector<Point> all = points(frame);
    const Point *point = nearest(all, event->position());
    if (!point)
        return QToolTip::hideText();
    const QString x = m_variable == QLatin1String("share") ? format::percent(point->x / 100) : format::shortNumber(point->x);
    QString text = tr("%1: F1 %2").arg(x, format::decimals(point->y, 2));
    if (!std::isnan(point->low))
        text += tr(", %1 to %2").arg(format::decimals(point->low, 2), format::decimals(point->high, 2));
    QToolTip::showText(event->globalPosition().toPoint() + QPoint(8, 8), text, this);
}

void WordCurves::mousePressEvent(QMouseEvent *event)
{
    if (shown().empty())
        return;
    const std::vector<Point> all = points(frameIn(bodyRect()));
    if (const Point *point = nearest(all, event->position()); point && point->run >= 0)
        Q_EMIT activated(point->run);
}

QString WordCurves::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    if (!data().words->hasGold())
        return tr("No gold words. F1 needs lines whose words are known.");
    return shown().empty() ? tr("No curve yet. Press Sweep… in the method dock to vary one parameter of the shown method.") : QString();
}

QString WordCurves::caption() const
{
    QStringList names;
    for (const WordCurve *curve : shown())
        names << (curve->run >= 0 ? runLetter(curve->run) + QLatin1Char(' ') + curve->title : curve->title);
    return tr("Word F1 of %1 over %2, %3; bands: 95 % by bootstrap over lines; dashed: other runs.").arg(names.join(QStringLiteral(", ")), curveAxisTitle(m_variable), data().words ? data().words->input : QString());
}

QString WordCurves::csv() const
{
    QString out = QStringLiteral("run,method,%1,f1 %,low,high\n").arg(m_variable);
    const auto number = [](double v) { return std::isfinite(v) ? QString::number(v, 'g', 9) : QString(); };
    for (const WordCurve *curve : shown())
        for (size_t i = 0; i < curve->x.size(); ++i)
            out += QStringLiteral("%1,%2,%3,%4,%5,%6\n").arg(curve->run >= 0 ? runLetter(curve->run) : QString(), curve->title, number(curve->x[i]), number(curve->y[i]), i < curve->low.size() ? number(curve->low[i]) : QString(), i < curve->high.size() ? number(curve->high[i]) : QString());
    return out;
}

QString WordCurves::describe() const
{
    QStringList said;
    for (const WordCurve *curve : shown())
        if (!curve->y.empty())
            said << tr("%1 from F1 %2 to %3").arg(curve->title, format::decimals(curve->y.front(), 1), format::decimals(curve->y.back(), 1));
    return said.join(QStringLiteral(", "));
}

QJsonObject WordCurves::saveState() const { return {{QStringLiteral("variable"), m_variable}}; }

void WordCurves::restoreState(const QJsonObject &state) { setVariable(state.value(QStringLiteral("variable")).toString(m_variable)); }

} // namespace winnow
